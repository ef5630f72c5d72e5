#!/usr/bin/env dotnet
#:package Microsoft.ML.OnnxRuntime@1.31.1
#:property InvariantGlobalization=true

// Draws pictures from text with the ONNX models beside this file:
//     dotnet run draw.cs -- "a small red circle" --seed 7 --out circle.png
// Options: --seed N (1), --count N (1; pictures number 0 to N - 1 of the seed), --out FILE.png (drawing.png), --models FOLDER (where this file is), and those of
// "drawing" in model.json by their names, as --steps 8. It has no option of which sampler: the decoder draws by DDIM, upsamplers by DPM-Solver++.
// Picture i of a seed and a prompt is, but for the last digits, the one that `dalle2 generate --seed` draws of the run.

using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

try
{
    return DrawingProgram.Run(args, Console.Out, Console.Error);
}
catch (Exception fault) when (fault is ArgumentException or IOException or UnauthorizedAccessException or NotSupportedException
    or OnnxRuntimeException or JsonException or KeyNotFoundException or InvalidOperationException)
{
    Console.Error.WriteLine($"draw: {fault.Message}");
    return 2;
}

/// <summary>Reads the command line, draws, writes the files.</summary>
static class DrawingProgram
{
    public static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        string? prompt = null;
        var given = new Dictionary<string, string>();
        for (int i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
                prompt = prompt == null ? arguments[i] : throw new ArgumentException($"'{arguments[i]}' is a second prompt; use quotes");
            else if (i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
                given[arguments[i][2..]] = arguments[++i];
            else
                throw new ArgumentException($"{arguments[i]} takes a value");
        }

        string Take(string name, string byDefault) => given.Remove(name, out string? value) ? value : byDefault;
        ulong seed = Number(Take("seed", "1"), "--seed");
        ulong count = Number(Take("count", "1"), "--count");
        if (count is 0 or > 10_000)
            throw new ArgumentException($"--count {count}: give 1 to 10000");
        string path = Take("out", "drawing.png");
        string folder = Take("models", AppContext.GetData("EntryPointFileDirectoryPath") as string ?? Directory.GetCurrentDirectory());
        using Drawer drawer = Drawer.Open(folder, given);
        if (prompt == null)
            throw new ArgumentException("no prompt is given: dotnet run draw.cs -- \"a prompt\"");
        long[] words = drawer.Captions.Read(prompt, error);
        for (ulong i = 0; i < count; i++)
        {
            string file = count == 1 ? path
                : Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}-{i + 1}.png");
            File.WriteAllBytes(file, Png.Encode(drawer.Draw(words, seed, i), drawer.Side));
            output.WriteLine(file);
        }

        return 0;
    }

    static ulong Number(string text, string name) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
        ? value : throw new ArgumentException($"{name} {text}: give a whole number");
}

/// <summary>A model that draws pictures from the numbers of a caption's words.</summary>
abstract class Drawer : IDisposable
{
    readonly string folder;
    readonly Dictionary<string, InferenceSession> sessions = [];
    readonly Dictionary<string, double> options = [];

    protected Drawer(string folder, JsonElement numbers, Dictionary<string, string> given)
    {
        this.folder = folder;
        Side = numbers.GetProperty("imageSide").GetInt32();
        Captions = new Captions(Path.Combine(folder, "vocabulary.txt"), numbers.GetProperty("maxWords").GetInt32());
        foreach (JsonProperty option in numbers.GetProperty("drawing").EnumerateObject())
            options[option.Name] = option.Value.GetDouble();
        foreach (var (name, text) in given)
        {
            if (!options.ContainsKey(name))
                throw new ArgumentException($"there is no option --{name}; there are --{string.Join(", --", options.Keys)}");
            options[name] = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 0
                ? value : throw new ArgumentException($"--{name} {text}: give a number of 0 or more");
        }
    }

    /// <summary>The side of the square pictures, in pixels.</summary>
    public int Side { get; }

    /// <summary>What reads captions.</summary>
    public Captions Captions { get; }

    /// <summary>The model of a folder.</summary>
    /// <param name="folder">Where model.json is.</param>
    /// <param name="given">Options of drawing that shall not be as model.json has them.</param>
    public static Drawer Open(string folder, Dictionary<string, string>? given = null)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "model.json")));
        JsonElement numbers = json.RootElement;
        return numbers.GetProperty("model").GetString() switch
        {
            "classic" => new ClassicDrawer(folder, numbers, given ?? []),
            "unclip" => new UnclipDrawer(folder, numbers, given ?? []),
            var other => throw new NotSupportedException($"{folder}: this program does not know how to draw with a model {other}"),
        };
    }

    /// <summary>Draws a picture, <c>[side, side, 3]</c> in [0, 1] or a little out of it.</summary>
    /// <param name="words">The numbers of the caption's words.</param>
    /// <param name="seed">With the number, decides the noise.</param>
    /// <param name="number">The picture's number.</param>
    public abstract float[] Draw(long[] words, ulong seed, ulong number);

    protected double Option(string name) => options[name];

    protected int Steps(string name) => options[name] is >= 1 and <= 1000 and var steps
        ? (int)steps : throw new ArgumentException($"--{name} {options[name]}: give 1 to 1000");

    /// <summary>Runs one of the models.</summary>
    /// <param name="model">The file's name without its extension.</param>
    /// <param name="inputs">Each with its extents; floats, or the numbers of words.</param>
    /// <returns>The outputs by name.</returns>
    public Dictionary<string, float[]> Run(string model, params (string Name, Array Values, long[] Extents)[] inputs)
    {
        if (!sessions.TryGetValue(model, out InferenceSession? session))
            sessions[model] = session = new InferenceSession(Path.Combine(folder, $"{model}.onnx"));
        var values = inputs.ToDictionary(input => input.Name, input => input.Values is long[] whole
            ? OrtValue.CreateTensorValueFromMemory(whole, input.Extents)
            : OrtValue.CreateTensorValueFromMemory((float[])input.Values, input.Extents));
        try
        {
            using var options = new RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, values, session.OutputNames);
            return session.OutputNames.Zip(results).ToDictionary(
                pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
        }
        finally
        {
            foreach (OrtValue value in values.Values)
                value.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (InferenceSession session in sessions.Values)
            session.Dispose();
    }
}

/// <summary>Draws the latent from the prior p(z | text), and decodes it.</summary>
sealed class ClassicDrawer(string folder, JsonElement numbers, Dictionary<string, string> given) : Drawer(folder, numbers, given)
{
    readonly int latent = numbers.GetProperty("latent").GetInt32();

    public override float[] Draw(long[] words, ulong seed, ulong number)
    {
        float[] features = Run("text-encoder", ("tokens", words, [1, words.Length]))["features"];
        Dictionary<string, float[]> prior = Run("prior", ("features", features, [1, features.Length]));
        float[] z = new Noise(seed, number, "latent").Normal(latent);
        for (int i = 0; i < latent; i++)
            z[i] = prior["mean"][i] + (float)Option("temperature") * z[i] * MathF.Exp(prior["logVariance"][i] / 2);
        return Run("decoder", ("features", features, [1, features.Length]), ("latent", z, [1, latent]))["picture"];
    }
}

/// <summary>Draws as unCLIP does: the caption's embedding, from it an image's by the prior, from that a picture by diffusion, which upsamplers double.</summary>
sealed class UnclipDrawer(string folder, JsonElement numbers, Dictionary<string, string> given) : Drawer(folder, numbers, given)
{
    readonly int decoderSide = numbers.GetProperty("decoderSide").GetInt32();
    readonly int embedding = numbers.GetProperty("embedding").GetInt32();
    readonly int upsamplers = numbers.GetProperty("upsamplers").GetInt32();
    readonly int candidates = numbers.GetProperty("candidates").GetInt32();
    readonly string prior = numbers.GetProperty("prior").GetString()!;
    readonly int codes = numbers.TryGetProperty("codes", out JsonElement count) ? count.GetInt32() : 0;
    readonly Schedule schedule = new(numbers.GetProperty("schedule"));

    public override float[] Draw(long[] words, ulong seed, ulong number)
    {
        Dictionary<string, float[]> text = Run("text-encoder", ("tokens", words, [1, words.Length]));
        // Of several image embeddings the one that is nearest to the caption's.
        float[] image = Enumerable.Range(0, candidates).Select(i => DrawEmbedding(text, new Noise(seed, number, $"embedding{i}")))
            .MaxBy(one => one.Zip(text["embedding"], (x, y) => (double)x * y).Sum())!;
        float[] picture = Decode(image, new Noise(seed, number, "picture").Normal(decoderSide * decoderSide * 3));
        for (int i = 1, side = decoderSide; i <= upsamplers; i++, side *= 2)
            picture = Upsample(i, picture, side, new Noise(seed, number, $"upsampler{i}").Normal(4 * side * side * 3));
        return [.. picture.Select(value => (value + 1) / 2)];
    }

    // An image embedding, of the length sqrt(features).
    float[] DrawEmbedding(Dictionary<string, float[]> text, Noise noise)
    {
        float[] drawn = prior == "autoregressive" ? DrawCodes(text["embedding"], noise) : Denoise(text, noise.Normal(embedding));
        double length = Math.Sqrt(Math.Max(1e-12, drawn.Sum(value => (double)value * value)));
        return [.. drawn.Select(value => (float)(value * Math.Sqrt(embedding) / length))];
    }

    // A diffusion by DDIM, whose network predicts the embedding without noise.
    float[] Denoise(Dictionary<string, float[]> text, float[] x)
    {
        int steps = Steps("prior-steps");
        float guidance = (float)Option("prior-guidance");
        for (int step = 0; step < steps; step++)
        {
            double from = Schedule.TimeOf(step, steps), to = Schedule.TimeOf(step + 1, steps);
            float[] clean = Guided(guidance, rows =>
            {
                var inputs = new List<(string, Array, long[])>
                {
                    ("noisy", Twice(x, rows, keep: true), [rows, embedding]),
                    ("text", Twice(text["embedding"], rows, keep: false), [rows, embedding]),
                };
                if (text.TryGetValue("words", out float[]? words))
                    inputs.Add(("words", Twice(words, rows, keep: false), [rows, Captions.Most, words.Length / Captions.Most]));
                inputs.Add(("time", Times(from, rows), [rows]));
                return Run("prior", [.. inputs])["clean"];
            });
            schedule.Ddim(x, clean, from, to);
        }

        return x;
    }

    // Code by code, each drawn by its likelihood given those before.
    float[] DrawCodes(float[] text, Noise noise)
    {
        float guidance = (float)Option("prior-guidance");
        double temperature = Option("prior-temperature");
        var drawn = new long[codes];
        float[] uniforms = noise.Uniform(codes);
        for (int place = 0; place < codes; place++)
        {
            long[] before = [0, .. drawn.Take(place).Select(code => code + 1)];
            float[] logits = Guided(guidance, rows => Run(
                "prior", ("text", Twice(text, rows, keep: false), [rows, embedding]),
                ("before", Enumerable.Repeat(before, rows).SelectMany(row => row).ToArray(), [rows, before.Length]))["logits"]);
            drawn[place] = Choose(logits, uniforms[place], temperature);
        }

        return Run("prior-codes", ("codes", drawn, [1, codes]))["embedding"];
    }

    static int Choose(float[] logits, double uniform, double temperature)
    {
        float largest = logits.Max();
        int best = Array.IndexOf(logits, largest);
        if (temperature == 0)
            return best;
        double[] shares = [.. logits.Select(logit => Math.Exp(((double)logit - largest) / temperature))];
        double rest = uniform * shares.Sum();
        for (int code = 0; code < shares.Length; code++)
        {
            if ((rest -= shares[code]) < 0)
                return code;
        }

        return best;
    }

    // A diffusion by DDIM, whose network predicts v, with and without the embedding. In [-1, 1].
    float[] Decode(float[] image, float[] x)
    {
        int steps = Steps("steps");
        float guidance = (float)Option("guidance");
        for (int step = 0; step < steps; step++)
        {
            double from = Schedule.TimeOf(step, steps), to = Schedule.TimeOf(step + 1, steps);
            float[] velocity = Guided(guidance, rows => Run(
                "decoder", ("noisy", Twice(x, rows, keep: true), [rows, decoderSide, decoderSide, 3]),
                ("embedding", Twice(image, rows, keep: false), [rows, embedding]), ("time", Times(from, rows), [rows]))["velocity"]);
            schedule.Ddim(x, schedule.Clean(x, velocity, from), from, to);
        }

        return x;
    }

    // A diffusion by DPM-Solver++, told the picture of half the side.
    float[] Upsample(int index, float[] small, int side, float[] x)
    {
        int steps = Steps("upsampler-steps"), large = 2 * side;
        float[]? previous = null;
        for (int step = 0; step < steps; step++)
        {
            double from = Schedule.TimeOf(step, steps), to = Schedule.TimeOf(step + 1, steps);
            float[] velocity = Run(
                $"upsampler-{index}", ("noisy", x, [1, large, large, 3]), ("small", small, [1, side, side, 3]),
                ("time", Times(from, 1), [1]))["velocity"];
            float[] clean = schedule.Clean(x, velocity, from);
            schedule.DpmSolver(x, clean, previous, step == 0 ? from : Schedule.TimeOf(step - 1, steps), from, to);
            previous = clean;
        }

        return x;
    }

    // Classifier-free guidance: a batch of two, with the condition and without; without guidance, one.
    static float[] Guided(float guidance, Func<int, float[]> predict)
    {
        if (guidance == 1f)
            return predict(1);
        float[] both = predict(2);
        int half = both.Length / 2;
        return [.. Enumerable.Range(0, half).Select(i => both[half + i] + guidance * (both[i] - both[half + i]))];
    }

    // A row, and for two rows itself again or zeros, which stand for no condition.
    static float[] Twice(float[] row, int rows, bool keep) => rows == 1 ? row : [.. row, .. keep ? row : new float[row.Length]];

    static float[] Times(double time, int rows) => [.. Enumerable.Repeat((float)time, rows)];
}

/// <summary>The cosine schedule of noise, alpha(t) sample + sigma(t) noise, and steps that take noise away.</summary>
sealed class Schedule(JsonElement numbers)
{
    readonly double offset = numbers.GetProperty("offset").GetDouble();
    readonly double leastLog = numbers.GetProperty("leastLog").GetDouble();

    /// <summary>Times fall evenly from 1 to 0.</summary>
    public static double TimeOf(int step, int steps) => 1 - (double)step / steps;

    /// <summary>What is left of the sample.</summary>
    public double Alpha(double t) => Math.Exp(LogSquare(t) / 2);

    /// <summary>The deviation of the noise.</summary>
    public double Sigma(double t) => Math.Sqrt(1 - Math.Exp(LogSquare(t)));

    /// <summary>The clean sample from v = alpha noise - sigma clean, clamped.</summary>
    public float[] Clean(float[] x, float[] velocity, double t)
    {
        float alpha = (float)Alpha(t), sigma = (float)Sigma(t);
        return [.. x.Zip(velocity, (value, v) => Math.Clamp(alpha * value - sigma * v, -1f, 1f))];
    }

    /// <summary>DDIM without fresh noise: the noise of x goes on with its new deviation.</summary>
    public void Ddim(float[] x, float[] clean, double from, double to)
    {
        double kept = Sigma(to) / Sigma(from);
        Mix(x, kept, clean, Alpha(to) - kept * Alpha(from), null, 0);
    }

    /// <summary>DPM-Solver++(2M), with the clean sample of the step before, which began at the time before.</summary>
    public void DpmSolver(float[] x, float[] clean, float[]? previous, double before, double from, double to)
    {
        double growth = HalfLogSnr(to) - HalfLogSnr(from), onClean = -Alpha(to) * (Math.Exp(-growth) - 1);
        double share = previous == null || double.IsInfinity(growth) ? 0 : growth / (HalfLogSnr(from) - HalfLogSnr(before)) / 2;
        Mix(x, Sigma(to) / Sigma(from), clean, onClean * (1 + share), previous, -onClean * share);
    }

    static void Mix(float[] x, double a, float[] clean, double b, float[]? previous, double c)
    {
        for (int i = 0; i < x.Length; i++)
            x[i] = (float)a * x[i] + (float)b * clean[i] + (previous == null ? 0 : (float)c * previous[i]);
    }

    double HalfLogSnr(double t) => Math.Log(Alpha(t)) - Math.Log(Sigma(t));

    double LogSquare(double t) => Math.Max(leastLog, 2 * Math.Log(Math.Max(0, Cosine(t)) / Cosine(0)));

    double Cosine(double t) => Math.Cos((t + offset) / (1 + offset) * Math.PI / 2);
}

/// <summary>Random numbers by a counter: Philox4x32-10 (Salmon et al., 2011), keyed by the seed, the picture's number and a name.</summary>
sealed class Noise
{
    readonly ulong seed;
    readonly ulong number;
    readonly uint name;

    public Noise(ulong seed, ulong number, string name)
    {
        (this.seed, this.number, this.name) = (seed, number, 2166136261);
        // FNV-1a.
        foreach (byte letter in Encoding.UTF8.GetBytes(name))
            this.name = unchecked((this.name ^ letter) * 16777619);
    }

    /// <summary>In [0, 1).</summary>
    public float[] Uniform(int count) => [.. Enumerable.Range(0, count).Select(i => Fraction(Block((uint)i).First))];

    /// <summary>Of mean 0 and deviation 1 (Box and Muller, 1958).</summary>
    public float[] Normal(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var (first, second) = Block((uint)i);
        return MathF.Sqrt(-2f * MathF.Log(1f - Fraction(first))) * MathF.Cos(2f * MathF.PI * Fraction(second));
    })];

    static float Fraction(uint word) => (word >> 8) * (1f / 16777216f);

    (uint First, uint Second) Block(uint counter)
    {
        uint c0 = counter, c1 = name, c2 = (uint)number, c3 = (uint)(number >> 32), k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = 0xD2511F53ul * c0, p1 = 0xCD9E8D57ul * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 = unchecked(k0 + 0x9E3779B9u);
            k1 = unchecked(k1 + 0xBB67AE85u);
        }

        return (c0, c1);
    }
}

/// <summary>Captions as numbers of words, as the model was trained to read them.</summary>
sealed class Captions
{
    const int Unknown = 3;

    readonly Dictionary<string, int> numbers = [];

    /// <summary>Reads the vocabulary: a word a line, the line's number from 0 is the word's.</summary>
    public Captions(string path, int most)
    {
        Most = most;
        string[] lines = File.ReadAllText(path).TrimEnd('\n').Split('\n');
        // The first four stand for no word, a caption's beginning and end, and an unknown word.
        for (int i = Unknown + 1; i < lines.Length; i++)
            numbers[lines[i]] = i;
    }

    /// <summary>Words that the model reads; the rest changes nothing.</summary>
    public int Most { get; }

    /// <summary>The numbers of a caption's words.</summary>
    /// <param name="caption">The caption.</param>
    /// <param name="error">Is told what is not understood.</param>
    public long[] Read(string caption, TextWriter error)
    {
        List<string> words = Split(caption);
        string[] read = [.. words.Take(Most)], unknown = [.. read.Where(word => !numbers.ContainsKey(word)).Distinct()];
        if (unknown.Length > 0)
            error.WriteLine($"draw: the model does not know {string.Join(", ", unknown.Select(word => $"'{word}'"))}");
        if (read.All(unknown.Contains))
            throw new ArgumentException("the model knows none of the prompt's words; those that it knows are in vocabulary.txt");
        if (words.Count > Most)
            error.WriteLine($"draw: the model reads {Most} words; the rest changes nothing: {string.Join(' ', words.Skip(Most))}");
        return [.. read.Select(word => (long)numbers.GetValueOrDefault(word, Unknown))];
    }

    /// <summary>
    /// Letters, marks and digits run together, with an apostrophe or hyphen between; any other character is a word of its own. An accent that is typed as a mark behind its letter stays one,
    /// where dalle2 makes both one character.
    /// </summary>
    public static List<string> Split(string caption)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        string joint = "";
        foreach (Rune rune in caption.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (category == UnicodeCategory.Format || rune.Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF))
                continue;
            if (HasNoSpaces(rune.Value))
            {
                throw new NotSupportedException(
                    $"'{rune}': scripts without spaces between words are not cut into words here; use dalle2 generate");
            }

            string text = rune.Value switch
            {
                0x2018 or 0x2019 or 0x02BC => "'",
                0x2010 or 0x2011 => "-",
                0x0130 => "i",
                _ => Rune.ToLowerInvariant(rune).ToString(),
            };
            bool isMark = category
                is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
            if (isMark || (Rune.IsLetterOrDigit(rune) && text != "'"))
            {
                word.Append(joint).Append(text);
                joint = "";
            }
            else if (text is "'" or "-" && word.Length > 0 && joint.Length == 0)
            {
                joint = text;
            }
            else
            {
                End();
                if (!Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune))
                    words.Add(text);
            }
        }

        End();
        return words;

        void End()
        {
            if (word.Length > 0)
                words.Add(word.ToString());
            if (joint.Length > 0)
                words.Add(joint);
            word.Clear();
            joint = "";
        }
    }

    // Thai, Lao, Burmese, Khmer, Kana, Han.
    static bool HasNoSpaces(int code) => code is (>= 0x0E00 and <= 0x0EFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF)
        or (>= 0x2E80 and <= 0x2FDF) or (>= 0x3005 and <= 0x3007) or (>= 0x3021 and <= 0x312F) or (>= 0x31A0 and <= 0x31FF)
        or (>= 0x3400 and <= 0x9FFF) or (>= 0xA9E0 and <= 0xA9FF) or (>= 0xAA60 and <= 0xAA7F) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFF66 and <= 0xFF9F) or (>= 0x1AFF0 and <= 0x1B16F) or (>= 0x20000 and <= 0x3FFFF);
}

/// <summary>A PNG file of 8 bits a channel (ISO/IEC 15948).</summary>
static class Png
{
    /// <summary>The file of a square picture, <c>[side, side, 3]</c> in [0, 1].</summary>
    public static byte[] Encode(float[] picture, int side)
    {
        using var rows = new MemoryStream();
        using (var zlib = new ZLibStream(rows, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < side; y++)
            {
                // No filter.
                zlib.WriteByte(0);
                foreach (float value in picture.AsSpan(y * side * 3, side * 3))
                    zlib.WriteByte((byte)MathF.Round(255f * Math.Clamp(value, 0f, 1f)));
            }
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), side);
        (header[8], header[9]) = (8, 2);
        return [0x89, .. "PNG\r\n"u8, 0x1A, .. "\n"u8, .. Chunk("IHDR", header), .. Chunk("IDAT", rows.ToArray()), .. Chunk("IEND", [])];
    }

    static byte[] Chunk(string type, byte[] content)
    {
        byte[] checkedBytes = [.. Encoding.ASCII.GetBytes(type), .. content], number = new byte[4], sum = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        uint crc = uint.MaxValue;
        foreach (byte one in checkedBytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
        }

        BinaryPrimitives.WriteUInt32BigEndian(sum, ~crc);
        return [.. number, .. checkedBytes, .. sum];
    }
}
