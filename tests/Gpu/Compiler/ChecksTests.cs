using Dalle2.Gpu;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Checked mode names what was wrong; without it, no check is left.</summary>
public class ChecksTests
{
    [Test]
    public void Dropped_checks_leave_no_trace()
    {
        Instruction[] all = Instructions(Optimize(nameof(PassKernels.Part), CheckMode.Drop));
        Assert.That(all.Select(i => i.Op), Does.Contain(Op.Store).And.None.EqualTo(Op.Bounds).And.None.EqualTo(
            Op.BoundsRange).And.None.EqualTo(Op.Subtract));
    }

    [Test]
    public void Required_checks_are_numbered_with_their_text()
    {
        Function function = Optimize(nameof(PassKernels.Twice), CheckMode.Require);
        Instruction[] required = [.. Instructions(function).Where(i => i.Op == Op.Require)];
        Assert.That(required, Has.Length.EqualTo(2), "three equal bounds, one store");
        Assert.That(function.Checks.Select(c => c.Kind),
            Is.EqualTo(new[] { CheckKind.Index, CheckKind.Index, CheckKind.Index, CheckKind.Finite }));
        Assert.That(function.Checks[0].Describe(7, 5), Is.EqualTo("index 7 lies outside x of 5 elements"));
        Assert.That(required.Select(r => ((CheckReference)r.Immediate!).Number), Is.EqualTo(new[] { 0, 3 }),
            "of equal checks the first stays");
    }

    [Test]
    public void A_division_by_a_known_divisor_needs_no_check_unless_it_may_overflow()
    {
        Function function = Optimize(nameof(PassKernels.Divide), CheckMode.Require);
        Assert.That(function.Checks.Count(c => c.Kind == CheckKind.Division), Is.EqualTo(3), "by n twice, by -1, not by 3");
    }

    [TestCase(-1, "index -1 lies outside x of 4 elements")]
    [TestCase(4, "index 4 lies outside x of 4 elements")]
    public void An_index_outside_fails(int at, string message) =>
        Fails(nameof(PassKernels.Reciprocal), message, (view, _) => [.. view, (uint)at], 4);

    [Test]
    public void An_infinity_that_is_stored_fails() =>
        Fails(nameof(PassKernels.Reciprocal), "Infinity is stored", (view, _) => [.. view, 0], 4);

    [TestCase(-1, 2, "a sub-view from -1 on lies outside x, where it could begin at 2 at most")]
    [TestCase(3, 2, "a sub-view from 3 on lies outside x, where it could begin at 2 at most")]
    [TestCase(0, -1, "a sub-view from 0 on lies outside x, where it could begin at 5 at most")]
    [TestCase(1, 1, "index 2 lies outside a view of 1 elements")]
    public void A_sub_view_outside_fails(int first, int count, string message) =>
        Fails(nameof(PassKernels.Part), message, (view, _) => [.. view, (uint)first, (uint)count], 4);

    [TestCase(5, 0, "5 divided by 0 is no integer of its type")]
    [TestCase(int.MinValue, -1, "-2147483648 divided by -1 is no integer of its type")]
    public void A_division_without_a_result_fails(int dividend, int divisor, string message) =>
        Fails(nameof(PassKernels.Divide), message, (view, integers) => [.. integers, .. integers, (uint)divisor], 1, dividend);

    // Runs one thread on a view of zeros and one of an integer.
    static void Fails(string kernel, string message, Func<ulong[], ulong[], ulong[]> arguments, int length, int integer = 0)
    {
        using Device device = Device.Open("reference");
        using Buffer<float> floats = device.Allocate<float>(length);
        using Buffer<int> integers = device.Allocate<int>(1);
        device.Stream.Write<int>([integer], integers.View);
        device.Stream.Write<float>(new float[length], floats.View);
        ulong[] bits = arguments(KernelArguments.Bits([floats.View]), KernelArguments.Bits([integers.View]));
        var interpreter = new IrInterpreter(Optimize(kernel, CheckMode.Require));
        Assert.That(
            () => interpreter.Run(new Index3D(1, 1, 1), bits, KernelArguments.Ranges([floats.View, integers.View])),
            Throws.InvalidOperationException.With.Message.Match(@"PassKernels\.cs\(\d+\): "
            + System.Text.RegularExpressions.Regex.Escape(message) + "$"));
    }

    static Function Optimize(string kernel, CheckMode checking)
    {
        Function function = Dalle2.Gpu.Compiler.Translate(typeof(PassKernels).GetMethod(kernel)!);
        Dalle2.Gpu.Compiler.Optimize(function, new CompileOptions(Checking: checking), (_, after) => IrVerifier.Verify(after));
        return function;
    }

    static Instruction[] Instructions(Function function) => [.. function.Blocks.SelectMany(b => b.Instructions)];
}
