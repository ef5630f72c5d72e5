#!/usr/bin/env -S dotnet run
// Writes the fixtures, with two programs that have their own writers: DuckDB, and Apache Arrow's C++ library, which Hugging Face's data sets are
// written with (ParquetSharp). Call, in a folder outside of this repository, whose package versions are its own: dotnet run make.cs
#:package DuckDB.NET.Data.Full@1.5.6.1
#:package ParquetSharp@25.0.1.2
using System.Text;
using DuckDB.NET.Data;
using ParquetSharp;
using ParquetSharp.IO;
using ParquetSharp.Schema;

const int Pictures = 40;

using (var connection = new DuckDBConnection("DataSource=:memory:"))
{
    connection.Open();
    // Pictures of one gray, 100 and above, as PGM: below, ImageSharp may take one for white space. Each fifth has a second caption.
    Do("CREATE TABLE pictures AS SELECT i, printf('part%d/%d.pgm', i % 3, i) AS path, "
        + "('P5 4 4 255' || chr(10))::BLOB || repeat(('\\x' || printf('%02x', i + 100))::BLOB, 16) AS bytes, "
        + $"CASE WHEN i % 5 = 0 THEN [printf('number %d', i), printf('%d again', i)] ELSE [printf('number %d', i)] END AS captions FROM range({Pictures}) t(i)");
    const string rows = "FROM (SELECT *, unnest(captions) AS caption FROM pictures)";
    foreach (string codec in new[] { "uncompressed", "snappy", "zstd", "gzip", "brotli", "lz4_raw" })
        Copy($"SELECT {{'bytes': bytes, 'path': path}} AS image, caption AS text {rows}", $"duckdb-{codec}", $"COMPRESSION {codec}");
    Copy("SELECT {'bytes': bytes, 'path': path} AS image, captions FROM pictures", "duckdb-lists", "PARQUET_VERSION v2");
    Copy($"SELECT path AS file_name, caption {rows} ORDER BY i DESC, caption LIKE '%again'", "duckdb-paths");
    Copy("SELECT bytes AS picture, captions[1] AS caption FROM pictures", "duckdb-binary");
    // 5000 rows are three row groups of DuckDB's smallest size.
    Copy("SELECT {'bytes': bytes, 'path': printf('%04d.pgm', j)} AS image, printf('%d %s', j, captions[1]) AS text "
        + $"FROM range(5000) u(j) JOIN pictures ON i = j % {Pictures} ORDER BY j", "duckdb-groups", "ROW_GROUP_SIZE 2048, COMPRESSION zstd");
    Copy("SELECT {'bytes': bytes, 'path': path} AS image, captions[1] AS text FROM pictures WHERE false", "no-rows");
    Copy("SELECT i AS image, captions[1] AS text FROM pictures", "wrong-picture");
    Copy("SELECT {'bytes': bytes, 'path': path} AS image, i AS text FROM pictures", "wrong-caption");
    Copy("SELECT {'width': i} AS image, captions[1] AS text FROM pictures", "wrong-struct");
    Copy("SELECT bytes AS content, captions[1] AS legend FROM pictures", "other-names");
    Copy("SELECT CASE WHEN i = 1 THEN NULL WHEN i = 2 THEN {'bytes': NULL, 'path': 'two.pgm'} WHEN i = 3 THEN {'bytes': NULL, 'path': NULL} "
        + "WHEN i = 4 THEN {'bytes': 'no picture'::BLOB, 'path': 'four.pgm'} WHEN i = 5 THEN {'bytes': bytes, 'path': NULL} "
        + "ELSE {'bytes': bytes, 'path': path} END AS image, "
        + "CASE i WHEN 6 THEN NULL WHEN 7 THEN '' WHEN 8 THEN '?!' ELSE captions[1] END AS text FROM pictures WHERE i < 10", "nulls");

    void Copy(string query, string name, string options = "") =>
        Do($"COPY ({query}) TO '{name}.parquet' (FORMAT parquet{(options.Length > 0 ? ", " : "")}{options})");

    void Do(string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}

// As Hugging Face's library writes: row groups of few rows, dictionaries, and a schema of Arrow's in the metadata.
Arrow("arrow-snappy", Compression.Snappy);
Arrow("arrow-gzip", Compression.Gzip);
Arrow("arrow-zstd-pages", Compression.Zstd, builder => builder.DataPagesize(64).WriteBatchSize(3));
Arrow("arrow-version-two", Compression.Snappy, builder => builder.DataPageVersion(ParquetDataPageVersion.V2).Version(ParquetVersion.PARQUET_2_6));
Arrow("arrow-plain", Compression.Uncompressed, builder => builder.DisableDictionary());
Arrow("arrow-delta", Compression.Snappy, builder => builder.DisableDictionary().Encoding(ParquetSharp.Encoding.DeltaByteArray));
Arrow("arrow-delta-length", Compression.Snappy, builder => builder.DisableDictionary().Encoding(ParquetSharp.Encoding.DeltaLengthByteArray));
using (var keys = new FileEncryptionPropertiesBuilder("0123456789abcdef"u8.ToArray()))
{
    using FileEncryptionProperties all = keys.Build();
    Arrow("encrypted", Compression.Snappy, builder => builder.Encryption(all));
}

using (var keys = new FileEncryptionPropertiesBuilder("0123456789abcdef"u8.ToArray()))
{
    using FileEncryptionProperties part = keys.SetPlaintextFooter().Build();
    Arrow("encrypted-columns", Compression.Snappy, builder => builder.Encryption(part));
}

void Arrow(string name, Compression compression, Action<WriterPropertiesBuilder>? configure = null)
{
    using var text = LogicalType.String();
    using var bytes = new PrimitiveNode("bytes", Repetition.Optional, LogicalType.None(), PhysicalType.ByteArray);
    using var path = new PrimitiveNode("path", Repetition.Optional, text, PhysicalType.ByteArray);
    using var image = new GroupNode("image", Repetition.Optional, [bytes, path]);
    using var caption = new PrimitiveNode("text", Repetition.Optional, text, PhysicalType.ByteArray);
    using var schema = new GroupNode("schema", Repetition.Required, [image, caption]);
    using var builder = new WriterPropertiesBuilder();
    builder.Compression(compression);
    configure?.Invoke(builder);
    using WriterProperties properties = builder.Build();
    (int Number, string Caption)[] rows =
        [.. Enumerable.Range(0, Pictures).SelectMany(i => i % 5 == 0 ? [(i, $"number {i}"), (i, $"{i} again")] : new[] { (i, $"number {i}") })];
    using var output = new ManagedOutputStream(File.Create($"{name}.parquet"));
    using var writer = new ParquetFileWriter(output, schema, properties);
    foreach (var group in rows.Chunk(7))
    {
        using RowGroupWriter groups = writer.AppendRowGroup();
        Column(groups, group, row => [.. "P5 4 4 255\n"u8, .. Enumerable.Repeat((byte)(row.Number + 100), 16)], 2);
        Column(groups, group, row => System.Text.Encoding.UTF8.GetBytes($"part{row.Number % 3}/{row.Number}.pgm"), 2);
        Column(groups, group, row => System.Text.Encoding.UTF8.GetBytes(row.Caption), 1);
    }

    writer.Close();
}

static void Column(RowGroupWriter groups, (int Number, string Caption)[] rows, Func<(int Number, string Caption), byte[]> value, short level)
{
    using var column = (ColumnWriter<ByteArray>)groups.NextColumn();
    byte[][] values = [.. rows.Select(value)];
    var handles = values.Select(one => System.Runtime.InteropServices.GCHandle.Alloc(one, System.Runtime.InteropServices.GCHandleType.Pinned)).ToArray();
    ByteArray[] arrays = [.. values.Select((one, i) => new ByteArray(handles[i].AddrOfPinnedObject(), one.Length))];
    column.WriteBatch(rows.Length, Enumerable.Repeat(level, rows.Length).ToArray(), null, arrays);
    foreach (var handle in handles)
        handle.Free();
}
