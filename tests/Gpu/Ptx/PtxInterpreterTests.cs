
namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>The interpreter itself: what the language defines it gives, and what is undefined or a mistake it refuses. The texts are written by hand.</summary>
public unsafe class PtxInterpreterTests
{
    [TestCase("mov.b32 %r1, 1; shl.b32 %r2, %r1, 32;", 0u)]
    [TestCase("mov.b32 %r1, 1; shl.b32 %r2, %r1, 31;", 0x80000000u)]
    [TestCase("mov.b32 %r1, 1; shl.b32 %r2, %r1, 257;", 0u)]
    [TestCase("mov.b32 %r1, -8; shr.s32 %r2, %r1, 40;", 0xFFFFFFFFu)]
    [TestCase("mov.b32 %r1, -8; shr.u32 %r2, %r1, 28;", 15u)]
    [TestCase("mov.b32 %r1, -7; div.s32 %r2, %r1, 2;", unchecked((uint)-3))]
    [TestCase("mov.b32 %r1, -7; rem.s32 %r2, %r1, 2;", unchecked((uint)-1))]
    [TestCase("mov.b32 %r1, -7; div.u32 %r2, %r1, 2;", 0x7FFFFFFCu)]
    [TestCase("mov.b32 %r1, 0x80000000; mul.hi.s32 %r2, %r1, 2;", 0xFFFFFFFFu)]
    [TestCase("mov.b32 %r1, 0x80000000; mul.hi.u32 %r2, %r1, 2;", 1u)]
    [TestCase("mov.b32 %r1, 200; cvt.s32.s8 %r2, %r1;", unchecked((uint)-56))]
    [TestCase("mov.b32 %r1, 0x1FFFF; cvt.s32.s16 %r2, %r1;", 0xFFFFFFFFu)]
    [TestCase("mov.b64 %rd2, -3; cvt.u32.u64 %r2, %rd2;", 0xFFFFFFFDu)]
    public void Integers(string code, uint expected) => Assert.That(Result(code), Is.EqualTo(expected));

    [TestCase("mov.f32 %f1, 0f7FC00000; cvt.rzi.s32.f32 %r2, %f1;", 0u, TestName = "{m}(NaN from float)")]
    [TestCase("mov.f32 %f1, 0f7FC00000; cvt.rzi.u32.f32 %r2, %f1;", 0u, TestName = "{m}(NaN from float, unsigned)")]
    [TestCase("mov.f64 %fd1, 0d7FF8000000000000; cvt.rzi.s32.f64 %r2, %fd1;", 0x80000000u, TestName = "{m}(NaN from double)")]
    [TestCase("mov.f64 %fd1, 0d7FF8000000000000; cvt.rzi.u32.f64 %r2, %fd1;", 0x80000000u, TestName = "{m}(NaN from double, unsigned)")]
    [TestCase("mov.f32 %f1, 0f7FC00000; cvt.rzi.s64.f32 %rd2, %f1; shr.u64 %rd3, %rd2, 32; cvt.u32.u64 %r2, %rd3;", 0x80000000u,
    TestName = "{m}(NaN to 64 bits)")]
    [TestCase("mov.f32 %f1, 0f4F800000; cvt.rzi.s32.f32 %r2, %f1;", 0x7FFFFFFFu, TestName = "{m}(too large)")]
    [TestCase("mov.f32 %f1, 0fBF000000; cvt.rmi.s32.f32 %r2, %f1;", 0xFFFFFFFFu, TestName = "{m}(-0.5 down)")]
    [TestCase("mov.f32 %f1, 0fC0000000; cvt.rzi.u32.f32 %r2, %f1;", 0u, TestName = "{m}(-2, unsigned)")]
    [TestCase("mov.f32 %f1, 0f40200000; cvt.rni.s32.f32 %r2, %f1;", 2u, TestName = "{m}(2.5 to even)")]
    [TestCase("mov.b32 %r1, 16777217; cvt.rn.f32.s32 %f1, %r1; mov.b32 %r2, %f1;", 0x4B800000u, TestName = "{m}(2^24 + 1)")]
    [TestCase("mov.b64 %rd2, 0x8000008000000001; cvt.rn.f32.u64 %f1, %rd2; mov.b32 %r2, %f1;", 0x5F000001u,
    TestName = "{m}(just above half)")]
    [TestCase("mov.f64 %fd1, 0d3FF0000010000000; cvt.rn.f32.f64 %f1, %fd1; mov.b32 %r2, %f1;", 0x3F800000u, TestName = "{m}(half to even)")]
    [TestCase("mov.f32 %f1, 0f3F801000; cvt.rn.f16.f32 %h1, %f1; cvt.u32.u16 %r2, %h1;", 0x3C00u, TestName = "{m}(half precision)")]
    [TestCase("mov.b32 %r1, 0x0001; cvt.u16.u32 %h1, %r1; cvt.f32.f16 %f1, %h1; mov.b32 %r2, %f1;", 0x33800000u,
    TestName = "{m}(denormal of half precision)")]
    public void Conversions(string code, uint expected) => Assert.That(Result(code), Is.EqualTo(expected));

    // (1 + 2^-12)^2 - 1 is 2^-11 + 2^-24, of which two roundings lose the second part.
    [TestCase("fma.rn.f32 %f3, %f1, %f1, %f2;", 0x3A000400u)]
    [TestCase("mul.rn.f32 %f3, %f1, %f1; add.rn.f32 %f3, %f3, %f2;", 0x3A000000u)]
    public void Fused_operations_round_once(string code, uint expected) =>
        Assert.That(Result($"mov.f32 %f1, 0f3F800800; mov.f32 %f2, 0fBF800000; {code} mov.b32 %r2, %f3;"), Is.EqualTo(expected));

    [TestCase("eq", 0u)]
    [TestCase("ne", 0u)]
    [TestCase("neu", 1u)]
    [TestCase("lt", 0u)]
    [TestCase("geu", 1u)]
    [TestCase("nan", 1u)]
    [TestCase("num", 0u)]
    public void Comparisons_with_NaN(string comparison, uint expected) =>
        Assert.That(Result($"mov.f32 %f1, 0f7FC00000; setp.{comparison}.f32 %p1, %f1, 0f00000000; selp.b32 %r2, 1, 0, %p1;"),
        Is.EqualTo(expected));

    [Test]
    public void Arithmetic_on_floats_has_one_NaN_of_its_own() =>
        Assert.That(Result("mov.f32 %f1, 0fFFC12345; add.rn.f32 %f2, %f1, 0f00000000; mov.b32 %r2, %f2;"), Is.EqualTo(0x7FFFFFFF));

    [TestCase("idx", "3", 31, 4, 3u, ExpectedResult = 103u)]
    [TestCase("down", "2", 31, 64, 3u, ExpectedResult = 105u)]
    [TestCase("down", "2", 31, 32, 31u, ExpectedResult = 131u)]
    [TestCase("up", "1", 0, 32, 0u, ExpectedResult = 100u)]
    [TestCase("up", "1", 0, 32, 9u, ExpectedResult = 108u)]
    [TestCase("bfly", "5", 31, 32, 2u, ExpectedResult = 107u)]
    [TestCase("idx", "1", 0x181F, 32, 9u, ExpectedResult = 109u)]
    public uint Shuffles(string mode, string lane, int bounds, int threads, uint thread)
    {
        string code = $"mov.u32 %r3, %tid.x; add.s32 %r1, %r3, 100; shfl.sync.{mode}.b32 %r2, %r1, {lane}, {bounds}, 0xffffffff;";
        return Results(code, threads)[thread];
    }

    [Test]
    public void Atomic_operations_give_the_old_value_and_lose_nothing()
    {
        uint[] results = Results("atom.global.add.u32 %r2, [%rd4], 1;", 64, extra: 1);
        Assert.That(results[..64].Order(), Is.EqualTo(Enumerable.Range(0, 64)));
        Assert.That(results[64], Is.EqualTo(64));
    }

    [TestCase(".shared .align 4 .b8 s[4]; mov.u32 %r3, %tid.x; st.shared.u32 [s], %r3; mov.b32 %r2, 0;", "a race",
        TestName = "{m}(two threads write)")]
    [TestCase(".shared .align 4 .b8 s[8]; mov.u32 %r3, %tid.x; shl.b32 %r4, %r3, 2; mov.u32 %r5, s; add.s32 %r5, %r5, %r4; st.shared.u32 "
    + "[%r5], %r3; ld.shared.u32 %r2, [s];", "a race", TestName = "{m}(read before the barrier)")]
    [TestCase(".shared .align 4 .b8 s[4]; mov.u32 %r3, %tid.x; setp.eq.u32 %p1, %r3, 0; @%p1 st.shared.u32 [s], %r3; bar.sync 0; "
    + "ld.shared.u32 %r2, [s]; @%p1 st.shared.u32 [s], %r3;", "a race", TestName = "{m}(written while others read)")]
    [TestCase(".shared .align 4 .b8 s[8]; ld.shared.u32 %r2, [s+8];", "outside of the declared variables",
    TestName = "{m}(past the end of shared memory)")]
    [TestCase(".shared .align 4 .b8 s[8]; ld.shared.u32 %r2, [s+4];", "nothing has been written to",
    TestName = "{m}(uninitialized shared memory)")]
    [TestCase(".local .align 4 .b8 s[8]; ld.local.u32 %r2, [s+4];", "nothing has been written to",
    TestName = "{m}(uninitialized local memory)")]
    [TestCase(".local .align 4 .b8 s[8]; mov.b32 %r2, 0; st.local.u32 [s+-4], %r2;", "outside of the declared variables",
    TestName = "{m}(before the beginning of local memory)")]
    [TestCase("ld.global.u32 %r2, [%rd1+8];", "outside of the launch's views", TestName = "{m}(past the end of a view)")]
    [TestCase("ld.global.u32 %r2, [%rd1+-4];", "outside of the launch's views", TestName = "{m}(before the beginning of a view)")]
    [TestCase("ld.global.u32 %r2, [%rd1+2];", "not aligned to 4", TestName = "{m}(misaligned)")]
    [TestCase("ld.global.v2.u32 {%r2, %r3}, [%rd1+4];", "not aligned to 8", TestName = "{m}(misaligned vector)")]
    [TestCase("add.s32 %r2, %r3, 1;", "no value yet", TestName = "{m}(uninitialized register)")]
    [TestCase("mov.u32 %r3, %tid.x; setp.eq.u32 %p1, %r3, 1; @%p1 mov.b32 %r2, 5;", "no value yet",
    TestName = "{m}(register that one thread has set)")]
    [TestCase("mov.u32 %r2, %tid.x; setp.eq.u32 %p1, %r2, 0; @%p1 bar.sync 0;", "part ways", TestName = "{m}(barrier for some)")]
    [TestCase("mov.u32 %r2, %tid.x; setp.eq.u32 %p1, %r2, 0; @%p1 ret; bar.sync 0;", "part ways",
    TestName = "{m}(barrier after some have ended)")]
    [TestCase("mov.u32 %r2, %tid.x; setp.eq.u32 %p1, %r2, 0; @%p1 bra A; bar.sync 0; bra C; A: bar.sync 0; C:", "part ways",
    TestName = "{m}(different barriers)")]
    [TestCase("mov.u32 %r2, %tid.x; setp.eq.u32 %p1, %r2, 0; @%p1 ret; shfl.sync.idx.b32 %r2, %r2, 0, 31, 0xffffffff;",
    "does not take part", TestName = "{m}(shuffle from a lane that has ended)")]
    [TestCase("mov.u32 %r2, %tid.x; setp.eq.u32 %p1, %r2, 0; @%p1 bra A; shfl.sync.idx.b32 %r2, %r2, 1, 31, 0xffffffff; A: bar.sync 0;",
    "part ways", TestName = "{m}(shuffle for some)")]
    [TestCase("A: bra B; B: bra A;", "does not end", TestName = "{m}(no end)")]
    public void Refuses_when_running(string code, string reason) =>
    Assert.That(() => Results(code, 2), Throws.TypeOf<PtxFault>().With.Message.Contains(reason));

    [TestCase("mov.b32 %r99, 1;", "%r99 is no register")]
    [TestCase("mov.u32 %r2, %clock;", "%clock is no register")]
    [TestCase("add.s32 %r2, %f1, 1;", "%f1 is f32, which s32 does not take")]
    [TestCase("add.s32 %rd2, %rd1, 1;", "%rd2 is b64, which s32 does not take")]
    [TestCase("add.f32 %f1, %f1, %f1;", "unknown instruction")]
    [TestCase("fma.f32 %f1, %f1, %f1, %f1;", "unknown instruction")]
    [TestCase("add.rn.ftz.f32 %f1, %f1, %f1;", "unknown instruction")]
    [TestCase("div.approx.f32 %f1, %f1, %f1;", "unknown instruction")]
    [TestCase("cvt.s32.f32 %r2, %f1;", "the rounding does not fit")]
    [TestCase("cvt.f32.f64 %f1, %fd1;", "the rounding does not fit")]
    [TestCase("add.rn.f32 %f1, %f1, 1;", "no constant of type f32")]
    [TestCase("add.s32 %r2, %r1, 4294967296;", "does not fit s32")]
    [TestCase("add.s32 %r2, %r1;", "takes 3 operands")]
    [TestCase("shl.s32 %r2, %r1, 1;", "unknown instruction")]
    [TestCase("not.u32 %r2, %r1;", "unknown instruction")]
    [TestCase("atom.global.add.s64 %rd2, [%rd1], 1;", "unknown atomic operation")]
    [TestCase("ld.global.v4.f64 {%fd1, %fd1, %fd1, %fd1}, [%rd1];", "at most 128 bits")]
    [TestCase("ld.global.u32 %r2, [%r1];", "no register with an address")]
    [TestCase("st.global.u32 [%rd1], 1;", "1 is no register")]
    [TestCase("ld.shared.u32 %r2, [s];", "there is no variable s")]
    [TestCase("ld.param.u32 %r2, [q];", "[q] is no parameter")]
    [TestCase("bra A;", "there is no label A")]
    [TestCase("A: A: ret;", "stands twice")]
    [TestCase(".reg .b32 %r<9>;", "declared twice")]
    [TestCase(".const .b32 c[4];", "unknown declaration")]
    public void Refuses_when_reading(string code, string reason) =>
    Assert.That(() => new PtxProgram(Module(code)), Throws.TypeOf<PtxFault>().With.Message.Contains(reason));

    [TestCase("6.0", 80)]
    [TestCase("7.0", 90)]
    [TestCase("8.0", 100)]
    [TestCase("6.0", 61)]
    public void Refuses_targets_that_the_version_does_not_know(string version, int sm) =>
        Assert.That(() => new PtxProgram(Module("ret;").Replace("6.0", version).Replace("sm_60", $"sm_{sm}")),
        Throws.TypeOf<PtxFault>().With.Message.Contains("does not know"));

    [Test]
    public void Shuffles_come_with_version_6() => Assert.That(
        () => new PtxProgram(Module("shfl.sync.idx.b32 %r2, %r1, 0, 31, -1;").Replace("6.0", "5.0")),
        Throws.TypeOf<PtxFault>().With.Message.Contains("version 6"));

    static uint Result(string code) => Results(code, 1)[0];

    // What each thread has in %r2 at the end. %rd1 is the view's first element, %rd4 the one after all threads' own.
    static uint[] Results(string code, int threads, int extra = 0)
    {
        var left = new uint[threads + extra];
        fixed (uint* view = left)
        {
            long start = (long)view;
            new PtxProgram(Module(code)).Run(new Index3D(1, 1, 1), new Index3D(threads, 1, 1), [(ulong)start, (ulong)threads],
                [(start, start + 4 * left.Length)]);
        }

        return left;
    }

    /// <summary>A module whose entry does this first.</summary>
    public static string Module(string code) => $$"""
        .version 6.0
        .target sm_60
        .address_size 64
        .visible .entry test(.param .u64 .ptr .global .align 4 view, .param .u64 threads)
        {
            .reg .pred %p<3>; .reg .b16 %h<3>; .reg .b32 %r<11>; .reg .b64 %rd<7>; .reg .f32 %f<5>; .reg .f64 %fd<3>;
            ld.param.u64 %rd1, [view];
            ld.param.u64 %rd5, [threads];
            mad.lo.s64 %rd4, %rd5, 4, %rd1;
            {{code}}
            mov.u32 %r10, %tid.x;
            mad.wide.u32 %rd6, %r10, 4, %rd1;
            st.global.u32 [%rd6], %r2;
            ret;
        }
        """;
}
