using Dalle2.Data.Sets;
using Dalle2.Data.Tables;
using Parquet.Schema;

namespace Dalle2.Data.ParquetFiles;

/// <summary>The columns of a file that count.</summary>
/// <param name="PictureName">What the column of the pictures is called.</param>
/// <param name="Bytes">Its pictures; null where it only names them.</param>
/// <param name="Path">Their names or paths; null where there are none.</param>
/// <param name="CaptionName">What the column of the captions is called.</param>
/// <param name="Caption">The captions, a text or a list of texts in a row.</param>
sealed record ParquetColumns(string PictureName, DataField? Bytes, DataField? Path, string CaptionName, DataField Caption)
{
    /// <summary>Finds them by usual names, or those that were chosen. Of columns of usual names, one that holds pictures counts before one that may name them.</summary>
    /// <param name="schema">The file's columns.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="options">The names that were chosen.</param>
    /// <exception cref="UserInputException">There is none, or one of a type that cannot be used.</exception>
    public static ParquetColumns Of(ParquetSchema schema, string path, DataSetOptions options)
    {
        IReadOnlyList<Field> fields = schema.Fields;
        TableColumns columns = TableColumns.Of(new Table([.. fields.Select(field => field.Name)], []), path, options);
        var holders = new Table([.. fields.Select(field => BytesOf(field) is null ? "" : field.Name)], []);
        int holding = options.ImageColumn is null ? TableColumns.PictureOf(holders) : -1;
        Field picture = fields[holding >= 0 ? holding : columns.Picture], caption = fields[columns.Caption];
        DataField? bytes = BytesOf(picture), names = picture is StructField group ? Text(Part(group, "path")) : Text(picture);
        string shown = VisibleText.Of(path);
        if (bytes is null && (names is null || picture is StructField))
        {
            throw new UserInputException($"'{shown}' has no pictures in its column '{VisibleText.Of(picture.Name)}', which is "
                + $"{Kind(picture)}: they are bytes, a struct of bytes and path, or a text that names a file. "
                + "Say which column has them: --image-column NAME.");
        }

        Field one = caption is ListField list ? list.Item : caption;
        DataField texts = Binary(one) ?? Text(one)
            ?? throw new UserInputException($"'{shown}' has no captions in its column '{VisibleText.Of(caption.Name)}', which is "
                + $"{Kind(caption)}: they are a text or a list of texts. Say which column has them: --caption-column NAME.");
        return new ParquetColumns(picture.Name, bytes, names, caption.Name, texts);
    }

    // As Hugging Face writes pictures, a struct of bytes and path, or bytes alone.
    static DataField? BytesOf(Field field) => Binary(field is StructField group ? Part(group, "bytes") : field);

    static Field? Part(StructField group, string name) => group.Fields.FirstOrDefault(field => field.Name == name);

    static DataField? Binary(Field? field) => Typed(field, typeof(ReadOnlyMemory<byte>));

    static DataField? Text(Field? field) => Typed(field, typeof(ReadOnlyMemory<char>));

    static DataField? Typed(Field? field, Type type) =>
        field is DataField data && data.ClrType == type && data.MaxRepetitionLevel <= 1 ? data : null;

    static string Kind(Field field) => field switch
    {
        StructField group => $"a struct of {string.Join(", ", group.Fields.Select(part => VisibleText.Of(part.Name)))}",
        ListField list => $"a list ({Kind(list.Item)})",
        MapField => "a map",
        _ when Text(field) is not null => "text",
        _ when Binary(field) is not null => "bytes",
        DataField data => data.ClrType.Name,
        _ => "of an unknown type",
    };
}
