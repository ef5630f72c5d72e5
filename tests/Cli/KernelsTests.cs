using System.Text.Json.Nodes;

namespace Dalle2.Tests.Cli;

/// <summary>Every kernel is listed, and the compiler's front end reads each.</summary>
public class KernelsTests
{
    [Test]
    public void Each_listed_kernel_can_be_shown()
    {
        JsonArray list = CommandRun.Of("kernels", "list", "--json").Succeeded().Json.AsArray();
        string[] names = [.. list.Select(k => $"{k!["op"]}.{k["kernel"]}")];
        Assert.That(names, Does.Contain("Gemm.Tile").And.Contain("Activation.Backward<GELU>").And.Contain("Adam.Update").And.Unique);
        foreach (string name in names)
        {
            JsonNode shown = CommandRun.Of("kernels", "show", name, "--json").Succeeded().Json.AsArray().Single()!;
            Assert.That((string)shown["text"]!, Does.StartWith("kernel ").And.Contain("return"), name);
        }
    }

    [Test]
    public void An_op_shows_all_of_its_kernels()
    {
        string text = CommandRun.Of("kernels", "show", "Bias").Succeeded().Output;
        Assert.That(text, Does.Contain("kernel BiasOp.AddKernel").And.Contain("kernel BiasOp.ColumnSumKernel").And.Contain("store.f32 %y.base"));
    }

    [Test]
    public void Intermediate_language_names_what_is_called()
    {
        string text = CommandRun.Of("kernels", "show", "Random.Uniform", "--target", "il").Succeeded().Output;
        Assert.That(text, Does.Contain("IL_0000: ").And.Contain("call Philox.Block").And.Contain("ret"));
    }

    [Test]
    public void A_misspelt_kernel_or_target_is_a_usage_fault()
    {
        CommandRun.Of("kernels", "show", "Gem").IsUsageFault("Gemm");
        CommandRun.Of("kernels", "show", "Gemm", "--target", "irr").IsUsageFault("ir");
    }
}
