using Dalle2.Data.ParquetFiles;
using Parquet;
using Parquet.Schema;

namespace Dalle2.Data.Conversion;

/// <summary>
/// Writes the form that <see cref="ParquetDataSet"/> reads, as Hugging Face's library has it: a column <c>image</c> of bytes and path, a column
/// <c>text</c> of the caption, or of lists of captions where a picture has several, and the features in the file's metadata. A row group has
/// up to 100 pictures, and no more than 64 MB of them unless one alone is larger.
/// </summary>
sealed class ParquetSetWriter : ISetWriter
{
    const int GroupRows = 100;

    const long GroupBytes = 64_000_000;

    readonly FileStream file;
    readonly ParquetSchema schema;
    readonly ParquetWriter writer;
    readonly bool lists;
    readonly List<ConvertedPicture> group = [];
    long held;

    /// <summary>Begins a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lists">Whether a picture may have several captions.</param>
    public ParquetSetWriter(string path, bool lists)
    {
        this.lists = lists;
        Field text = lists ? new ListField("text", new DataField<string>("element")) : new DataField<string>("text");
        schema = new ParquetSchema(
            new StructField("image", new DataField("bytes", typeof(byte[]), true), new DataField<string>("path")), text);
        file = File.Create(path);
        writer = ParquetWriter.CreateAsync(schema, file, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy })
            .GetAwaiter().GetResult();
        string caption = """{"dtype": "string", "_type": "Value"}""";
        string captions = lists ? $$"""{"feature": {{caption}}, "_type": "Sequence"}""" : caption;
        writer.CustomMetadata = new Dictionary<string, string>
        {
            ["huggingface"] = $$$$"""{"info": {"features": {"image": {"_type": "Image"}, "text": {{{{captions}}}} }}}""",
        };
    }

    /// <inheritdoc/>
    public void Add(ConvertedPicture picture)
    {
        if (group.Count == GroupRows || (group.Count > 0 && held + picture.Bytes.Length > GroupBytes))
            WriteGroup();
        group.Add(picture);
        held += picture.Bytes.Length;
    }

    /// <inheritdoc/>
    public void Finish()
    {
        if (group.Count > 0)
            WriteGroup();
        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    void WriteGroup()
    {
        using ParquetRowGroupWriter rows = writer.CreateRowGroup();
        Write(rows, schema.DataFields[0], [.. group.Select(picture => (ReadOnlyMemory<byte>)picture.Bytes)]);
        Write(rows, schema.DataFields[1], [.. group.Select(picture => picture.Name.AsMemory())]);
        Write(rows, schema.DataFields[2], [.. group.SelectMany(picture => picture.Captions).Select(caption => caption.AsMemory())],
            lists ? [.. group.SelectMany(picture => picture.Captions.Select((_, i) => i == 0 ? 0 : 1))] : null);
        group.Clear();
        held = 0;
    }

    // Every value is there, which the highest level of definition says; one that goes on a list has a level of repetition of 1.
    static void Write<T>(ParquetRowGroupWriter rows, DataField field, T[] values, int[]? repeated = null)
        where T : struct
    {
        var defined = new int[values.Length];
        Array.Fill(defined, field.MaxDefinitionLevel);
        ReadOnlyMemory<int>? levels = repeated is null ? null : repeated;
        rows.WriteAllPartsAsync<T>(field, values, defined, levels, CancellationToken.None).GetAwaiter().GetResult();
    }
}
