using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Ops;

namespace Dalle2.Tests.Gpu.OpenCl;

/// <summary>Ops as they are cut for cards, on PoCL with the limits of a small one: what a launch asks for beyond them is refused, so that the plan shows to keep to them.</summary>
public partial class OpenClCardTests
{
    const string Method = "POCL_WORK_GROUP_METHOD";

    OpenClDevice card = null!;

    static IEnumerable<TestCaseData> Cases() =>
        from op in OpCaseRun.All
        where Chosen(op.Type, op.Shape)
        select new TestCaseData(op.Type, op.Shape).SetName($"{OpCase.NameOf(op.Type)} {string.Join("x", op.Shape)} on a small OpenCL card");

    // By its own choice PoCL takes minutes to compile barriers in loops, where a group has many work-items; it asks again for each kernel.
    [OneTimeSetUp]
    public void Open()
    {
        card = OpenClOnce.OpenSmallCard();
        if (!OperatingSystem.IsWindows())
            _ = SetVariable(Method, "loopvec", overwrite: 1);
    }

    [OneTimeTearDown]
    public void Close()
    {
        if (!OperatingSystem.IsWindows())
            _ = UnsetVariable(Method);
        card?.Dispose();
    }

    // .NET's own variables are a copy that native code does not see.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetVariable(string name);

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_reference(Type type, int[] s) => OpCaseRun.RequireEqualBits(card, type, s);

    [Test]
    public void A_product_that_would_fill_large_tiles_keeps_to_the_shared_memory_of_the_device()
    {
        // Two tiles of 128 x 128, whose sides take 48 KiB; the device has 32.
        OpCaseRun.RequireEqualBits(card, typeof(GemmCase), [128, 256, 32, 0, 0, 0]);
    }

    [TestCase(32ul, 0ul, new long[0], 32)]
    [TestCase(0ul, 64ul, new long[0], 64)]
    [TestCase(0ul, 0ul, new long[] { 8, 16, 32 }, 32)]
    [TestCase(0ul, 0ul, new long[0], 0)]
    public void The_sub_group_is_the_widest_that_a_maker_tells(ulong nvidia, ulong amd, long[] intel, int expected)
    {
        Assert.That(OpenClHardware.WidestSubGroup(nvidia, amd, intel), Is.EqualTo(expected));
        OpenClHardware hardware = OpenClHardware.All()[0] with { SubGroup = expected };
        Assert.That((hardware.Properties(lanes: 1).Width, hardware.Properties(lanes: 16).Width),
            Is.EqualTo((expected == 0 ? 32 : expected, 16)));
    }

    // Each way of cutting work for cards once: a driver takes seconds for a kernel.
    static bool Chosen(Type type, int[] s) => type == typeof(GemmCase) || type == typeof(DropoutCase)
        || (type == typeof(LinearCase) && s.SequenceEqual([66, 3, 70]))
        || (type == typeof(Conv2dCase) && (s.SequenceEqual([1, 8, 8, 16, 16, 4, 4, 2, 2, 1, 1, 1, 1, 1])
        || s.SequenceEqual([2, 6, 7, 3, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1])))
        || ((Type[])[typeof(LayerNormCase), typeof(BatchNormCase), typeof(SoftmaxCrossEntropyCase), typeof(ReductionCase),
        typeof(EmbeddingCase), typeof(AdamCase), typeof(LstmCase)]).Contains(type);
}
