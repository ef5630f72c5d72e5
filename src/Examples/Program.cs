using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Shapes;
using Dalle2.Data.Text;
using Dalle2.Examples;
using Dalle2.Gpu.Runtime;

// Fits the listing's model to generated pictures and shows its loss. Run: dotnet run --project src/Examples -c Release
const int side = 16, batch = 32, steps = 100;
var shapes = new ShapesDataSet(tier: 1, new DataSetOptions { Seed = 1, Count = 1024 });
var tokenizer = new WordTokenizer(Vocabulary.Build(Enumerable.Range(0, 1024).Select(i => shapes.Caption("train", i))));
using Device device = Device.Open("cpu");
using var model = new TextAndImageModel(device, tokenizer.Vocabulary.Count, side);
for (int step = 0; step < steps; step++)
{
    int[][] captions = [.. Enumerable.Range(0, batch)
        .Select(i => tokenizer.Encode(shapes.Caption("train", (step * batch + i) % 1024), 16))];
    int time = captions.Max(c => c.Length);
    var tokens = new int[time * batch];
    for (int b = 0; b < batch; b++)
    {
        for (int t = 0; t < captions[b].Length; t++)
            tokens[t * batch + b] = captions[b][t];
    }

    float[] pictures = [.. Enumerable.Range(0, batch)
        .SelectMany(i => ImageTransform.ToFloats(shapes.Load("train", (step * batch + i) % 1024, side)))];
    float loss = model.Fit(tokens, [.. captions.Select(c => c.Length)], pictures, side, learningRate: 2e-3f);
    if (step % 10 == 0 || step == steps - 1)
        Console.WriteLine($"step {step + 1,3}  loss {loss,8:F1} per picture of {side} x {side} x 3 values");
}
