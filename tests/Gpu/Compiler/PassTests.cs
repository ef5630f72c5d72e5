using System.Reflection;
using Dalle2.Gpu;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>What the passes make of kernels that are written for them; each also leaves the bits of the method.</summary>
public class PassTests
{
    static readonly float[] Odd = [0f, -0f, 1f, -1f, 2.5f, -2.5f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon,
        -1e-39f, 3e38f];

    [Test]
    public void Selections_have_no_branches_and_keep_zeros_and_NaNs()
    {
        Assert.That(Optimize(nameof(PassKernels.Selections)).Blocks, Has.Count.EqualTo(1));
        float[] x = [.. Odd.SelectMany(_ => Odd)], y = [.. Odd.SelectMany(o => Enumerable.Repeat(o, Odd.Length))];
        OnFloats(x, y, (stream, first, second) => stream.Launch(PassKernels.Selections, x.Length, first, second));
    }

    [Test]
    public void Conditions_on_NaN_stay_what_they_are()
    {
        Assert.That(Optimize(nameof(PassKernels.Unordered)).Blocks.Count(b => b.Condition != null), Is.EqualTo(2), "one for each store");
        OnFloats([.. Odd.SelectMany(_ => Odd)], [.. Odd.SelectMany(o => Enumerable.Repeat(o, Odd.Length))],
            (stream, x, y) => stream.Launch(PassKernels.Unordered, Odd.Length * Odd.Length, x, y));
    }

    [Test]
    public void Mathematical_functions_have_no_branches()
    {
        Assert.That(Optimize(nameof(PassKernels.Transcendental)).Blocks, Has.Count.EqualTo(1));
        OnFloats(Odd, Odd, (stream, first, second) => stream.Launch(PassKernels.Transcendental, Odd.Length, first, second));
    }

    [Test]
    public void Halves_of_products_are_products_of_half_the_width()
    {
        Function function = Optimize(nameof(PassKernels.Halves));
        Instruction[] instructions = [.. function.Blocks.SelectMany(b => b.Instructions)];
        Assert.That(instructions.Where(i => i.Op is Op.Multiply && i.Type == IrType.I64), Is.Empty, IrPrinter.Print(function));
        Assert.That(instructions.Count(i => i.Op == Op.MultiplyHighUnsigned), Is.EqualTo(1));
        OnIntegers(48, (stream, x, y) => stream.Launch(PassKernels.Halves, 48, x, y));
    }

    [Test]
    public void Conditions_in_a_row_become_one()
    {
        Function function = Optimize(nameof(PassKernels.Conditions));
        Assert.That(function.Blocks.Count(b => b.Condition != null), Is.EqualTo(2), "those before and after the load");
        Assert.That(function.Blocks.SelectMany(b => b.Instructions).Count(i => i.Op == Op.Not), Is.EqualTo(1),
            "comparisons have an opposite, a conjunction has none");
        OnIntegers(48, (stream, x, _) => stream.Launch(PassKernels.Conditions, new Index2D(8, 6), x, 8, 6));
    }

    [Test]
    public void A_load_stays_behind_its_condition_and_divisions_do_not()
    {
        Function function = Optimize(nameof(PassKernels.Guarded));
        Assert.That(function.Blocks.Count(b => b.Condition != null), Is.EqualTo(1), "the load, which might lie outside of the view");
        OnIntegers(20, (stream, x, _) => stream.Launch(PassKernels.Guarded, 20, x, 17));
    }

    [Test]
    public void Loops_with_several_ways_out_leave_the_bits_of_the_method() =>
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Search, 16, x, y, 16));

    [Test]
    public void Loops_with_a_constant_number_of_turns_are_written_out()
    {
        Function function = Optimize(nameof(PassKernels.Turns));
        var dominators = new Dominators(function);
        Assert.That(NaturalLoops.Find(dominators), Is.Empty, IrPrinter.Print(function));
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Turns, 16, x, y));
    }

    [Test]
    public void Other_loops_stay()
    {
        Assert.That(NaturalLoops.Find(new Dominators(Optimize(nameof(PassKernels.ManyTurns)))), Has.Count.EqualTo(3));
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.ManyTurns, 16, x, y, 13));
    }

    [Test]
    public void Loops_with_barriers_are_written_out()
    {
        Assert.That(Optimize(nameof(PassKernels.Smooth)).Blocks, Has.Count.EqualTo(1));
        OnFloats(Odd[..8], Odd[..8], (stream, x, _) => stream.Launch(PassKernels.Smooth, new KernelConfig((Index1D)1, 8), x));
    }

    [Test]
    public void Local_arrays_with_known_indices_become_values()
    {
        Function function = Optimize(nameof(PassKernels.MicroGemm));
        Instruction[] all = [.. function.Blocks.SelectMany(b => b.Instructions)];
        Assert.That(all.Select(i => i.Op), Has.None.EqualTo(Op.LocalAllocate));
        Loop loop = NaturalLoops.Find(new Dominators(function)).Single();
        Assert.That(loop.Header.Arguments.Count(a => a.Type == IrType.F32), Is.EqualTo(24), "the sums");
        Instruction[] inside = [.. loop.Body.SelectMany(b => b.Instructions)];
        Assert.That(inside.Count(i => i.Op == Op.Load), Is.EqualTo(12 + 2), "of a column of a and a row of b");
        Assert.That(inside.Count(i => i.Op == Op.Store), Is.Zero);
        Assert.That(inside.Count(i => i.Op == Op.Multiply && i.Type == IrType.F32), Is.EqualTo(24));
        Assert.That(all.Count(i => i.Op == Op.Store), Is.EqualTo(24));
    }

    [Test]
    public void The_matrix_product_keeps_its_sums_in_registers()
    {
        Type operand = typeof(Dalle2.Kernels.GemmOp).GetNestedType("Stored", BindingFlags.NonPublic)!;
        MethodInfo kernel = typeof(Dalle2.Kernels.GemmOp).GetMethod("TileKernel",
            BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(operand, operand,
            typeof(Dalle2.Kernels.GemmOp).Assembly.GetType("Dalle2.Kernels.Shared.LargeBlock")!);
        Function function = Dalle2.Gpu.Compiler.Translate(kernel);
        Dalle2.Gpu.Compiler.Optimize(function, CompileOptions.Default,
            (name, after) => Assert.That(() => IrVerifier.Verify(after), Throws.Nothing, $"after {name}"));
        Assert.That(function.Blocks.SelectMany(b => b.Instructions).Select(i => i.Op), Has.None.EqualTo(Op.LocalAllocate));
    }

    [Test]
    public void Threads_take_along_what_a_value_was_when_they_left_a_loop(
    [ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string name)
    {
        using Device device = TestDevices.Open(name);
        using Buffer<int> x = device.Allocate<int>(16), y = device.Allocate<int>(16);
        device.Stream.Write<int>([.. Enumerable.Range(0, 16).Select(i => i * 7 % 11)], x.View);
        device.Stream.Launch(PassKernels.Leaving, 16, x.View, y.View);
    }

    [Test]
    public void Threads_take_an_even_value_out_of_a_loop_that_others_return_from(
    [ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string name)
    {
        using Device device = TestDevices.Open(name);
        using Buffer<int> x = device.Allocate<int>(16), y = device.Allocate<int>(16);
        device.Stream.Clear(x.View);
        device.Stream.Clear(y.View);
        device.Stream.Launch(PassKernels.Returning, 16, x.View, y.View);
        var result = new int[16];
        device.Stream.Read<int>(y.View, result);
        Assert.That(result, Is.EqualTo(Enumerable.Range(0, 16).Select(i => i == 5 ? 0 : 64 * i - 2)));
    }

    [Test]
    public void An_array_in_a_loop_is_its_own_in_each_turn() =>
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Nested, 16, x, y, 40000));

    [Test]
    public void Local_arrays_of_structs_become_values()
    {
        Function function = Optimize(nameof(PassKernels.Pairs));
        Assert.That(function.Blocks.SelectMany(b => b.Instructions).Select(i => i.Op), Has.None.EqualTo(Op.LocalAllocate),
            IrPrinter.Print(function));
    }

    [Test]
    public void Local_arrays_with_other_indices_stay_in_memory()
    {
        Function function = Optimize(nameof(PassKernels.Histogram));
        Assert.That(function.Blocks.SelectMany(b => b.Instructions).Count(i => i.Op == Op.LocalAllocate), Is.EqualTo(1));
    }

    [Test]
    public void Neighbors_share_an_index()
    {
        Function function = Optimize(nameof(PassKernels.Neighbors));
        Instruction[] accesses = [.. function.Blocks.SelectMany(b => b.Instructions).Where(i => i.Op is Op.Load or Op.Store)];
        Assert.That(accesses.Select(i => i.Operands[1]).Distinct().Count(), Is.EqualTo(2), IrPrinter.Print(function));
        Assert.That(accesses.Select(i => i.Operands[0]).Distinct().Count(), Is.EqualTo(2), "x and y");
        OnIntegers(18, (stream, x, y) => stream.Launch(PassKernels.Neighbors, 14, x, y));
    }

    [Test]
    public void Indices_that_wrap_around_stay()
    {
        Instruction store = Optimize(nameof(PassKernels.Wrapped)).Blocks.SelectMany(b => b.Instructions).Single(i => i.Op == Op.Store);
        Assert.That(store.Access.Offset, Is.Zero);
        Assert.That(store.Operands[1], Is.InstanceOf<Instruction>());
        OnIntegers(16, (stream, x, _) => stream.Launch(PassKernels.Wrapped, 16, x));
    }

    [Test]
    public void Views_of_the_same_memory_are_read_again()
    {
        OnIntegers(8, (stream, x, y) => stream.Launch(PassKernels.Aliases, new KernelConfig((Index1D)1, 1), x, y));
        OnIntegers(8, (stream, x, _) => stream.Launch(PassKernels.Aliases, new KernelConfig((Index1D)1, 1), x, x));
        OnIntegers(8, (stream, x, _) => stream.Launch(PassKernels.Aliases, new KernelConfig((Index1D)1, 1), x, x.SubView(1)));
        Function function = Optimize(nameof(PassKernels.Aliases));
        Assert.That(function.Blocks.SelectMany(b => b.Instructions).Count(i => i.Op == Op.Load), Is.EqualTo(5), IrPrinter.Print(function));
    }

    [Test]
    public void What_other_threads_wrote_is_read_after_a_barrier() =>
        OnFloats(Odd[..8], Odd[..8], (stream, x, _) => stream.Launch(PassKernels.Exchange, new KernelConfig((Index1D)1, 8), x));

    [Test]
    public void Products_of_counters_become_sums()
    {
        Function function = Optimize(nameof(PassKernels.Products));
        Loop inner = NaturalLoops.Find(new Dominators(function))[0];
        Assert.That(inner.Body.SelectMany(b => b.Instructions).Count(i => i.Op == Op.Multiply), Is.EqualTo(1), IrPrinter.Print(function));
        OnIntegers(8, (stream, x, y) => stream.Launch(PassKernels.Products, 8, x, y, 7, 1 << 20));
    }

    [Test]
    public void Turns_that_are_not_known_are_not_counted() =>
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Steps, 16, x, y, 14));

    [Test]
    public void Local_memory_of_two_types_or_behind_a_choice_leaves_the_bits_of_the_method() =>
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Punned, 16, x, y));

    [Test]
    public void Constants_are_moved_by_the_size_of_the_element()
    {
        using var device = new IrDevice();
        using Buffer<PassKernels.Pair> pairs = device.Allocate<PassKernels.Pair>(6);
        using Buffer<float> sums = device.Allocate<float>(4);
        device.Stream.Write<PassKernels.Pair>([.. Enumerable.Range(0, 6)
            .Select(i => new PassKernels.Pair { Number = i + 0.5f, Small = (sbyte)(10 * i) })], pairs.View);
        device.Stream.Launch(PassKernels.Strided, 4, pairs.View, sums.View);
        var result = new float[4];
        device.Stream.Read(sums.View, result);
        Assert.That(result[3], Is.EqualTo(54.5f));
    }

    [Test]
    public void Shared_memory_is_not_repeated()
    {
        Function function = Optimize(nameof(PassKernels.Turning));
        Assert.That(function.Blocks.SelectMany(b => b.Instructions).Count(i => i.Op == Op.SharedAllocate), Is.EqualTo(1));
        OnIntegers(8, (stream, x, _) => stream.Launch(PassKernels.Turning, new KernelConfig((Index1D)1, 8), x));
    }

    [Test]
    public void Divisions_that_nobody_comes_to_do_not_fault() =>
        OnIntegers(8, (stream, x, y) => stream.Launch(PassKernels.Quotients, 8, x, y, 8, 0));

    [Test]
    public void Local_arrays_leave_the_bits_of_the_method()
    {
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Histogram, 16, x, y, 16));
        OnFloats(Odd, [.. Odd.Reverse()], (stream, x, y) => stream.Launch(PassKernels.Pairs, Odd.Length, x, y));
        using var device = new IrDevice();
        using Buffer<float> a = device.Allocate<float>(12 * 5), b = device.Allocate<float>(13), c = device.Allocate<float>(3 * 24);
        device.Stream.Write<float>([.. Enumerable.Range(0, 60).Select(i => i * 0.37f - 9f)], a.View);
        device.Stream.Write<float>([.. Enumerable.Range(0, 13).Select(i => 1f / (i + 1))], b.View);
        device.Stream.Launch(PassKernels.MicroGemm, 3, a.View, b.View, c.View, 5);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    static void OnFloats(float[] x, float[] y, Action<Dalle2.Gpu.Runtime.Stream, ArrayView<float>, ArrayView<float>> launch)
    {
        using var device = new IrDevice { WithChecks = false };
        using Buffer<float> first = device.Allocate<float>(x.Length), second = device.Allocate<float>(y.Length);
        device.Stream.Write<float>(x, first.View);
        device.Stream.Write<float>(y, second.View);
        launch(device.Stream, first.View, second.View);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    // Small integers of both signs, zeros among them.
    static void OnIntegers(int count, Action<Dalle2.Gpu.Runtime.Stream, ArrayView<int>, ArrayView<int>> launch)
    {
        using var device = new IrDevice();
        using Buffer<int> first = device.Allocate<int>(count), second = device.Allocate<int>(count);
        int[] integers = [.. Enumerable.Range(0, count).Select(i => i * 7 % 11 - 4)];
        device.Stream.Write<int>(integers, first.View);
        device.Stream.Write<int>(integers, second.View);
        launch(device.Stream, first.View, second.View);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    static Function Optimize(string kernel, CheckMode checking = CheckMode.Drop)
    {
        MethodInfo method = typeof(PassKernels).GetMethod(kernel)!;
        Function function = Dalle2.Gpu.Compiler.Translate(method);
        Dalle2.Gpu.Compiler.Optimize(function, new CompileOptions(Checking: checking),
            (name, after) => Assert.That(() => IrVerifier.Verify(after), Throws.Nothing, $"after {name}"));
        return function;
    }
}
