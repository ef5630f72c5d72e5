using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Parquet;
using Parquet.Data;
using Parquet.Meta;
using Parquet.Schema;

namespace Dalle2.Data.ParquetFiles;

/// <summary>A file of the Apache Parquet format: its row groups, and what the columns that count hold in one of them. Thread-safe.</summary>
sealed class ParquetFile
{
    // A row takes a fraction of a bit where all are alike: more than so many are a damaged number.
    const long MostRows = 50_000_000;

    readonly long groupBytes;

    static ReadOnlySpan<byte> Mark => "PAR1"u8;

    static ReadOnlySpan<byte> EncryptedMark => "PARE"u8;

    /// <summary>Reads the footer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns that were chosen.</param>
    /// <param name="groupBytes">Bytes of pictures that a row group may have.</param>
    /// <exception cref="UserInputException">It is no such file, is encrypted, lacks a column, or has larger row groups.</exception>
    public ParquetFile(string path, DataSetOptions options, long groupBytes)
    {
        Path = path;
        this.groupBytes = groupBytes;
        string shown = VisibleText.Of(path);
        try
        {
            RequireMarks(shown);
            Columns = Use(reader => ParquetColumns.Of(reader.Schema, path, options));
            Groups = Use(GroupsOf);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"'{shown}' cannot be read as Parquet: {VisibleText.Of(e.Message)}", e);
        }

        int large = Groups.ToList().FindIndex(group => group.PictureBytes > groupBytes);
        if (large >= 0)
        {
            throw new UserInputException($"'{shown}': row group {large + 1} has {Groups[large].PictureBytes / 1e6:N0} MB of pictures, and "
                + $"{groupBytes / 1e6:N0} MB are read at once: write the file again with fewer rows in a group (row_group_size).");
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its columns that count.</summary>
    public ParquetColumns Columns { get; }

    /// <summary>Its row groups.</summary>
    public IReadOnlyList<ParquetGroup> Groups { get; }

    /// <summary>The texts of each row of a group; null where there is none.</summary>
    /// <exception cref="IOException">The group is damaged.</exception>
    public string[]?[] Texts(int group, DataField field) => Use(reader =>
    {
        using RawColumnData data = Read(reader, group, field);
        return data is RawColumnData<ReadOnlyMemory<char>> texts
            ? Rows(texts, field, Groups[group].Rows, text => text.ToString())
            : Rows((RawColumnData<ReadOnlyMemory<byte>>)data, field, Groups[group].Rows,
                bytes => EncodedText.Decode(bytes.Span, out _) ?? "\uFFFD");
    });

    /// <summary>The pictures of a group; null where there is none.</summary>
    /// <exception cref="IOException">The group is damaged.</exception>
    public byte[]?[] Pictures(int group) => Use(reader =>
    {
        using RawColumnData data = Read(reader, group, Columns.Bytes!);
        long total = 0;
        byte[] Copy(ReadOnlyMemory<byte> bytes)
        {
            // A dictionary holds once what many rows have, so that the footer does not tell it.
            total += bytes.Length;
            return total <= groupBytes ? bytes.ToArray() : throw new IOException($"its pictures are more than the {groupBytes / 1e6:N0} MB "
                + "that are read at once: write the file again with fewer rows in a group (row_group_size)");
        }

        return Array.ConvertAll(
            Rows((RawColumnData<ReadOnlyMemory<byte>>)data, Columns.Bytes!, Groups[group].Rows, Copy), row => row?[0]);
    });

    static RawColumnData Read(ParquetReader reader, int group, DataField field)
    {
        using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
        return rows.ReadRawColumnDataBaseAsync(field).AsTask().GetAwaiter().GetResult();
    }

    // A level of definition below the highest says that there is no value, a level of repetition above zero that it belongs to the row before.
    static T[]?[] Rows<TMemory, T>(RawColumnData<TMemory> data, DataField field, int count, Func<TMemory, T> convert)
        where TMemory : struct
    {
        Span<TMemory> values = data.Values;
        Span<int> defined = field.MaxDefinitionLevel > 0 ? data.DefinitionLevels : default;
        Span<int> repeated = field.MaxRepetitionLevel > 0 ? data.RepetitionLevels : default;
        int levels = field.MaxDefinitionLevel > 0 ? defined.Length : values.Length, next = 0;
        var rows = new List<List<T>>(count);
        for (int i = 0; i < levels; i++)
        {
            if (field.MaxRepetitionLevel == 0 || repeated[i] == 0)
                rows.Add([]);
            if (field.MaxDefinitionLevel == 0 || defined[i] == field.MaxDefinitionLevel)
                rows[^1].Add(convert(values[next++]));
        }

        return rows.Count == count ? [.. rows.Select(row => row.Count == 0 ? null : row.ToArray())]
            : throw new IOException($"a column has {rows.Count} rows where the footer says {count}");
    }

    ParquetGroup[] GroupsOf(ParquetReader reader)
    {
        var groups = new ParquetGroup[reader.RowGroupCount];
        long first = 0;
        for (int i = 0; i < groups.Length; i++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(i);
            if (group.RowCount is < 0 or > MostRows)
                throw new IOException($"its row group {i + 1} would have {group.RowCount} rows");
            foreach (DataField field in new[] { Columns.Bytes, Columns.Path, Columns.Caption }.OfType<DataField>())
            {
                if (group.GetMetadata(field)?.CryptoMetadata is not null)
                    throw Encrypted();
            }

            ColumnMetaData? pictures = Columns.Bytes is null ? null : group.GetMetadata(Columns.Bytes)?.MetaData;
            groups[i] = new ParquetGroup(first, (int)group.RowCount, pictures?.TotalUncompressedSize ?? 0,
                Columns.Bytes is not null && pictures?.Statistics?.NullCount != 0);
            first += group.RowCount;
        }

        return groups;
    }

    void RequireMarks(string shown)
    {
        using FileStream file = File.OpenRead(Path);
        Span<byte> head = stackalloc byte[4], tail = stackalloc byte[4];
        if (file.Length >= 12)
        {
            file.ReadExactly(head);
            file.Seek(-4, SeekOrigin.End);
            file.ReadExactly(tail);
        }

        if (head.SequenceEqual(EncryptedMark))
            throw Encrypted();
        if (!head.SequenceEqual(Mark))
            throw new UserInputException($"'{shown}' is no Parquet file: it does not begin with PAR1.");
        if (!tail.SequenceEqual(Mark))
            throw new UserInputException($"'{shown}' is cut off: it does not end with PAR1, as a Parquet file does. Fetch it again.");
    }

    UserInputException Encrypted() =>
        new($"'{VisibleText.Of(Path)}' is encrypted, which is not read: write it again without a key.");

    // The library meets damage with exceptions of many kinds, bounds and null references among them; for us they all say that.
    T Use<T>(Func<ParquetReader, T> use)
    {
        try
        {
            using FileStream file = File.OpenRead(Path);
            return use(ParquetReader.CreateAsync(file).GetAwaiter().GetResult());
        }
        catch (Exception e) when (e is not (UserInputException or IOException or UnauthorizedAccessException))
        {
            throw new IOException(e is NotSupportedException or NotImplementedException
                ? $"it uses a feature of Parquet that is not read: {e.Message}" : $"it is damaged ({e.Message.Split('\n')[0].Trim()})", e);
        }
    }
}
