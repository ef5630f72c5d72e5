using System.Text.Json.Nodes;

namespace Dalle2.Tests.Cli;

/// <summary>Every kernel is listed, and can be shown in each of the compiler's forms.</summary>
public class KernelsTests
{
    static string[] Names() =>
        [.. CommandRun.Of("kernels", "list", "--json").Succeeded().Json.AsArray().Select(k => $"{k!["op"]}.{k["kernel"]}")];

    [Test]
    public void Generic_kernels_are_listed_for_each_struct_that_they_take() =>
        Assert.That(Names(), Does.Contain("Gemm.Tile<Stored,Transposed,SmallBlock>").And.Contain("Activation.Backward<GELU>").And.Contain(
        "Adam.Update").And.Unique);

    // That every kernel has a text for cards, OpCasePtxTests sees to: of those some are enough.
    [TestCase("il", "IL_0000: ", "ret", 1)]
    [TestCase("ir", "kernel ", "return", 1)]
    [TestCase("simd", "threads side by side", "end", 1)]
    [TestCase("opencl", "__kernel ", "}", 1)]
    [TestCase("ptx", ".entry", "ret;", 8)]
    public void Listed_kernels_can_be_shown(string target, string first, string last, int every)
    {
        foreach (string name in Names().Where((_, i) => i % every == 0))
        {
            JsonNode shown = CommandRun.Of("kernels", "show", name, "--target", target, "--json").Succeeded().Json.AsArray().Single()!;
            Assert.That((string)shown["text"]!, Does.Contain(first).And.Contain(last), name);
            Assert.That((string)shown["target"]!, Is.EqualTo(target));
        }
    }

    [Test]
    public void A_generic_kernel_without_its_type_arguments_is_each_of_its_forms()
    {
        JsonArray forms = CommandRun.Of("kernels", "show", "Gemm.Tile", "--target", "il", "--json").Succeeded().Json.AsArray();
        Assert.That(forms.Select(k => (string)k!["kernel"]!), Is.EqualTo(
            from a in new[] { "Stored", "Transposed" }
            from b in new[] { "Stored", "Transposed" }
            from block in new[] { "LargeBlock", "SmallBlock" }
            select $"Tile<{a},{b},{block}>"));
    }

    [Test]
    public void Vector_code_of_a_group_has_as_many_lanes_as_the_machine()
    {
        string text = CommandRun.Of("kernels", "show", "Bias.Chunk<Identity>", "--target", "simd").Succeeded().Output;
        Assert.That(text, Does.Match(@"for (4|8|16) threads side by side").And.Match(@"v\d+ = add"));
    }

    [Test]
    public void An_op_shows_all_of_its_kernels()
    {
        string text = CommandRun.Of("kernels", "show", "SquaredError").Succeeded().Output;
        Assert.That(text, Does.Contain("kernel SquaredErrorOp.PartialKernel").And.Contain(
            "kernel SquaredErrorOp.BackwardKernel").And.Contain("store.f32 %dx.base"));
    }

    [Test]
    public void A_plan_tells_how_launches_of_the_benchmarks_fill_a_card()
    {
        string text = CommandRun.Of("kernels", "show", "Bias.Row<Identity>", "--target", "plan:t4").Succeeded().Output;
        Assert.That(text, Does.Contain("Tesla T4: an estimate of")
            .And.Contain("groups of 32 threads: 16 at once a multiprocessor, by groups, 50 %"));
        CommandRun.Of("kernels", "show", "Bias", "--target", "plan:k80").IsUsageFault("plan:p100", "plan:h200");
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
