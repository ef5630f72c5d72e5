using Dalle2.Data.Conversion;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Training.Runs;
using Parquet;
using Parquet.Schema;

namespace Dalle2.Tests.Training;

/// <summary>The same pictures and captions train to the same bits, whatever form they come in.</summary>
public class DataFormTests
{
    const int Side = 12;

    const byte Count = 10;

    static readonly string[] stages = ["text", "image", "joint", "decoder", "finetune"];

    static readonly string[] steps =
    [
        "--preset", "tiny", "--threads", "1", "--set", "batch=4", "maxWords=8", "textSteps=2", "imageSteps=2", "jointSteps=2",
        "decoderSteps=2", "fineTuneSteps=2", "checkpointEvery=2",
    ];

    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void The_same_pictures_train_to_the_same_bits()
    {
        // The test split has a picture, so that nothing is held out by name.
        for (byte i = 0; i < Count; i++)
            Write("train", i, $"the number {i}");
        Write("test", 0, "the number 0");
        IDataSet set = DataSets.Open(folder["plain"]);
        string[] forms = ["comma.csv", "tab.tsv", "lines.jsonl", "set.parquet", "set.tar"];
        foreach (string form in forms)
            DataConversion.Run(set, folder[form]);
        WritePaths(set);
        WriteIdx();
        Dictionary<string, byte[]> expected = Train("plain");
        Assert.That(expected, Has.Count.GreaterThan(20));
        Assert.Multiple(() =>
        {
            foreach (string form in forms.Append("plain/paths.parquet").Append("idx"))
                Assert.That(Train(form), Is.EqualTo(expected), form);
        });
        // And the bits are those of these pictures.
        Write("train", 3, "the number 3", change: 1);
        Assert.That(Train("plain", "other"), Is.Not.EqualTo(expected));
    }

    static byte Gray(byte picture, int pixel) => (byte)(17 * picture + 5 * pixel);

    void Write(string split, byte number, string caption, byte change = 0)
    {
        var image = new Image(Side, Side);
        for (int i = 0; i < Side * Side; i++)
        {
            image.Rgba.AsSpan(4 * i, 3).Fill((byte)(Gray(number, i) + change));
            image.Rgba[4 * i + 3] = 255;
        }

        folder.Write($"plain/{split}/{number:D8}.png", PictureEncoder.Png(image));
        folder.Write($"plain/{split}/{number:D8}.txt", caption);
    }

    // Beside the pictures of the folder, whose paths it has.
    void WritePaths(IDataSet set)
    {
        var schema = new ParquetSchema(new DataField<string>("file_name"), new DataField<string>("text"));
        string[] names = [.. set.Splits.SelectMany(split => Enumerable.Range(0, set.Count(split)).Select(i => set.FileName(split, i)!))];
        string[] captions = [.. set.Splits.SelectMany(split => Enumerable.Range(0, set.Count(split)).Select(i => set.Caption(split, i)))];
        using FileStream file = File.Create(folder["plain/paths.parquet"]);
        ParquetWriter writer = ParquetWriter.CreateAsync(schema, file).GetAwaiter().GetResult();
        using (ParquetRowGroupWriter rows = writer.CreateRowGroup())
        {
            rows.WriteAsync(schema.DataFields[0], names, null).GetAwaiter().GetResult();
            rows.WriteAsync(schema.DataFields[1], captions, null).GetAwaiter().GetResult();
        }

        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    void WriteIdx()
    {
        foreach (var (prefix, count) in new[] { ("train", Count), ("t10k", (byte)1) })
        {
            IEnumerable<byte> pictures = Enumerable.Range(0, count).Select(i => (byte)i);
            folder.Write($"idx/{prefix}-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, Side, 0, 0, 0, Side,
                .. pictures.SelectMany(picture => Enumerable.Range(0, Side * Side).Select(i => Gray(picture, i)))]);
            folder.Write($"idx/{prefix}-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, count, .. pictures]);
        }

        folder.Write("idx/labels.txt", string.Concat(Enumerable.Range(0, Count).Select(i => $"the number {i}\n")));
    }

    // The tensors of each stage's last checkpoint.
    Dictionary<string, byte[]> Train(string form, string? name = null)
    {
        string run = folder[$"run-{(name ?? form).Replace('/', '-')}"];
        CommandRun.Of(["train", "--data", folder[form], "--out", run, .. steps]).Succeeded();
        var tensors = new Dictionary<string, byte[]>();
        foreach (string stage in stages)
        {
            string path = Directory.GetFiles(Path.Combine(run, "checkpoints", stage), "final-*").Single();
            using SafeTensorsFile file = SafeTensorsFile.Open(path);
            foreach (SafeTensorEntry entry in file.Tensors)
            {
                using var bytes = new MemoryStream();
                file.ForEachPiece(entry, piece => bytes.Write(piece));
                tensors.Add($"{stage} {entry.Name}", bytes.ToArray());
            }
        }

        return tensors;
    }
}
