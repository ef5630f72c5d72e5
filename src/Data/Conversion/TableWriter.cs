using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using Dalle2.Data.Tables;

namespace Dalle2.Data.Conversion;

/// <summary>Writes the forms that <see cref="TableDataSet"/> reads: a table, and the pictures in a folder of its name beside it.</summary>
sealed class TableWriter : ISetWriter
{
    static readonly JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly string pictures;
    readonly StreamWriter file;
    readonly CsvWriter? rows;

    /// <summary>Begins the table.</summary>
    /// <param name="path">Its file, whose ending is its format.</param>
    public TableWriter(string path)
    {
        pictures = PicturesOf(path);
        file = new StreamWriter(path, false, new UTF8Encoding(false)) { NewLine = "\n" };
        string ending = Path.GetExtension(path);
        if (ending.Equals(".csv", StringComparison.OrdinalIgnoreCase) || ending.Equals(".tsv", StringComparison.OrdinalIgnoreCase))
        {
            rows = new CsvWriter(file, new CsvConfiguration(CultureInfo.InvariantCulture)
            {
                Delimiter = ending.Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ",",
                NewLine = "\n",
            });
            Write("file_name", "text");
        }
    }

    /// <summary>The folder of a table's pictures.</summary>
    public static string PicturesOf(string path) => path[..^Path.GetExtension(path).Length];

    /// <inheritdoc/>
    public void Add(ConvertedPicture picture)
    {
        string place = Path.Combine(pictures, picture.Name), name = $"{Path.GetFileName(pictures)}/{picture.Name}";
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        File.WriteAllBytes(place, picture.Bytes);
        if (rows is not null)
        {
            foreach (string caption in picture.Captions)
                Write(name, caption);
        }
        else
        {
            object texts = picture.Captions.Count == 1 ? picture.Captions[0] : picture.Captions;
            file.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object> { ["file_name"] = name, ["text"] = texts }, plain));
        }
    }

    /// <inheritdoc/>
    public void Finish()
    {
        rows?.Flush();
        file.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        rows?.Dispose();
        file.Dispose();
    }

    void Write(string name, string text)
    {
        rows!.WriteField(name);
        rows.WriteField(text);
        rows.NextRecord();
    }
}
