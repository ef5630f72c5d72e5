using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Unclip;

namespace Dalle2.Export;

/// <summary>What layers with parameters are, for who computes with their weights elsewhere.</summary>
static class LayerText
{
    /// <summary>What the layer's parameters mean, the same for all of a kind.</summary>
    public static string FormOf(Layer layer) => layer switch
    {
        Linear => "Linear: `weight [inputs, outputs]`, `bias [outputs]`",
        Conv2d => "Conv2d: `weight [rows, columns, inputs, outputs]`, `bias [outputs]`; zeros beyond the edges",
        ConvTranspose2d => "ConvTranspose2d: the adjoint of a Conv2d from its outputs to its inputs, "
            + "`weight [rows, columns, outputs, inputs]`, `bias [outputs]`",
        GroupNorm => "GroupNorm: each sample's groups of neighboring channels to mean 0 and variance 1, then `gamma`, `beta [channels]`",
        GroupNormActivation => "GroupNormActivation: GroupNorm with `gamma`, `beta [channels]`; then `y (1 + gain) + shift` where a "
            + "`modulate` beside it gives each sample's gains and shifts, side by side; then SiLU unless it is told otherwise",
        BatchNorm => "BatchNorm: `gamma`, `beta`, `runningMean`, `runningVariance [channels]`",
        LayerNorm => "LayerNorm: rows to mean 0 and variance 1, then `gamma`, `beta [features]`",
        RmsNorm => "RmsNorm: rows to mean square 1, then `gamma [features]`",
        Embedding => "Embedding: `weight [tokens, features]`; with padding, token 0 reads as zeros whatever its row has",
        LearnedPositions => "LearnedPositions: `table [places, features]`, added",
        Lstm => "Lstm: `weight [inputs, 4 hidden]`, `recurrentWeight [hidden, 4 hidden]`, `bias [4 hidden]`, panels in the order "
            + "i, f, g, o; `c = f c' + i g`, `h = o tanh(c)`; behind a caption's end the state stays",
        Gru => "Gru: `weight [inputs, 3 hidden]`, `recurrentWeight [hidden, 3 hidden]`, `bias`, `recurrentBias [3 hidden]`, panels in "
            + "the order r, z, n; `n = tanh(p_n + r q_n)`, `h = (1 - z) n + z h'`; behind a caption's end the state stays",
        InfoNce => "InfoNce: the logarithm of what cosines are multiplied by in training",
        CodePriorNetwork => "CodePriorNetwork: `count` of codes, the embeddings' `mean`, the components' `basis [components, features]`; "
            + "bucket k of component i lies around `lows[i] + (k + 1/2) widths[i]`",
        _ => $"{layer.GetType().Name}: {string.Join(", ", layer.Parameters.Select(p => $"`{p.Name[(p.Name.LastIndexOf('.') + 1)..]}`"))}",
    };

    /// <summary>The kind of a layer with its settings.</summary>
    public static string SettingsOf(Layer layer) => layer switch
    {
        Linear linear => $"Linear{Of(linear.Function)}",
        Conv2d convolution => $"Conv2d {Of(convolution.Window)}{Of(convolution.Function)}",
        ConvTranspose2d convolution => $"ConvTranspose2d {Of(convolution.Window)}{Of(convolution.Function)}",
        GroupNorm norm => $"GroupNorm, {norm.Groups} groups, {Of(norm.Epsilon)}",
        GroupNormActivation norm =>
            $"GroupNormActivation, {norm.Groups} groups, {Of(norm.Epsilon)}{(norm.Activates ? "" : ", no SiLU")}",
        BatchNorm norm => $"BatchNorm, {Of(norm.Epsilon)}",
        LayerNorm norm => $"LayerNorm, {Of(norm.Epsilon)}",
        RmsNorm norm => $"RmsNorm, {Of(norm.Epsilon)}",
        Embedding embedding => embedding.HasPadding ? "Embedding, with padding" : "Embedding",
        _ => layer.GetType().Name,
    };

    static string Of(float epsilon) => $"epsilon {epsilon:R}";

    static string Of(ActivationKind? function) => function is { } kind ? $", then {kind}" : "";

    static string Of(ConvolutionWindow window) =>
        $"{window.Kernel.Height} x {window.Kernel.Width}, stride {window.Stride.Height} x {window.Stride.Width}, padding "
        + $"{window.Padding.Height} x {window.Padding.Width}";
}
