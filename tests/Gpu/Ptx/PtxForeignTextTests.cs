namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>The interpreter on what other compilers say and ours does not. The texts are written by hand.</summary>
public unsafe class PtxForeignTextTests
{
    const string Functions = """
        .extern .shared .align 4 .b8 more[];
        .extern .func elsewhere();
        .visible .func (.param .b32 back) product(.param .b32 n);
        .visible .func (.param .b32 back) product(.param .b32 n)
        {
            .reg .pred %p<2>; .reg .b32 %r<5>;
            ld.param.b32 %r1, [n];
            mov.b32 %r2, 1;
            setp.lt.s32 %p1, %r1, 2;
            @%p1 bra A;
            sub.s32 %r3, %r1, 1;
            { .param .b32 given; st.param.b32 [given], %r3; .param .b32 taken; call.uni (taken), product, (given); ld.param.b32 %r4, [taken]; }
            mul.lo.s32 %r2, %r1, %r4;
            A: st.param.b32 [back], %r2;
            ret;
        }
        .visible .func fill(.param .b64 to)
        {
            .reg .b32 %r<2>; .reg .b64 %rd<3>;
            .local .align 4 .b8 own[4];
            ld.param.b64 %rd1, [to];
            st.local.b32 [own], 77;
            ld.local.b32 %r1, [own];
            st.b32 [%rd1], %r1;
            ret;
        }
        .visible .func meet() { bar.sync 0; ret; }
        """;

    [TestCase("mov.f32 %f1, 0f3F800800; mul.f32 %f2, %f1, %f1; sub.f32 %f2, %f2, 0f3F800000; mov.b32 %r2, %f2;", 0x3A000000u,
        TestName = "{m}(two roundings)")]
    [TestCase("mov.f32 %f1, 0f40400000; rcp.rn.f32 %f2, %f1; mov.b32 %r2, %f2;", 0x3EAAAAABu, TestName = "{m}(a third)")]
    [TestCase("mov.b32 %f1, 0f40400000; mov.b32 %r2, %f1;", 0x40400000u, TestName = "{m}(bits written as a float)")]
    [TestCase(".shared .align 4 .b8 s[8]; mov.b64 %rd2, s; cvta.shared.u64 %rd2, %rd2; st.b32 [%rd2+4], 7; ld.shared.b32 %r2, [s+4];", 7u,
    TestName = "{m}(generic address of shared memory)")]
    [TestCase(".local .align 4 .b8 s[8]; mov.b64 %rd2, s; cvta.local.u64 %rd3, %rd2; st.local.b32 [%rd2], 9; ld.b32 %r2, [%rd3];", 9u,
    TestName = "{m}(generic address of local memory)")]
    [TestCase(".local .align 4 .b8 s[8]; st.local.b32 [s+4], 9; mov.b64 %rd2, s; cvta.local.u64 %rd3, %rd2; cvta.to.local.u64 %rd3, %rd3; "
    + "ld.local.b32 %r2, [%rd3+4];", 9u, TestName = "{m}(generic address and back)")]
    [TestCase("mov.b32 %r3, 3; st.global.b32 [%rd1], %r3; cvta.global.u64 %rd2, %rd1; ld.b32 %r2, [%rd2];", 3u,
    TestName = "{m}(generic address of device memory)")]
    [TestCase("ld.param.b64 %rd2, [pair]; ld.param.b32 %r2, [pair+8];", 0xAABBCCDDu, TestName = "{m}(part of a parameter)")]
    [TestCase("ld.param.s8 %r2, [pair+11];", 0xFFFFFFAAu, TestName = "{m}(byte of a parameter)")]
    // The sign is the first number's.
    [TestCase("mov.f32 %f1, 0f40200000; mov.f32 %f2, 0fBF800000; copysign.f32 %f3, %f1, %f2; mov.b32 %r2, %f3;", 0x3F800000u,
    TestName = "{m}(sign of another)")]
    [TestCase("mov.f32 %f1, 0f7FC00000; min.f32 %f2, %f1, 0f40200000; mov.b32 %r2, %f2;", 0x40200000u,
    TestName = "{m}(the lesser of NaN and a number)")]
    [TestCase("mov.f32 %f1, 0f80000000; max.f32 %f2, %f1, 0f00000000; mov.b32 %r2, %f2;", 0u, TestName = "{m}(the greater of -0 and 0)")]
    [TestCase("mov.b32 %r1, 0xF0; popc.b32 %r3, %r1; clz.b32 %r4, %r1; mad.lo.s32 %r2, %r3, 100, %r4;", 424u,
    TestName = "{m}(bits counted)")]
    [TestCase("mov.f32 %f1, 0fFF800000; testp.infinite.f32 %p1, %f1; selp.b32 %r2, 1, 0, %p1;", 1u, TestName = "{m}(infinite)")]
    [TestCase("mov.f32 %f1, 0f41000000; lg2.approx.f32 %f2, %f1; mov.b32 %r2, %f2;", 0x40400000u, TestName = "{m}(logarithm)")]
    [TestCase("mov.b16 %h1, 0x3C00; mov.b16 %h2, 0x1000; add.f16 %h1, %h1, %h2; cvt.u32.u16 %r2, %h1;", 0x3C00u,
    TestName = "{m}(half floats, half to even)")]
    [TestCase("mov.b32 %r1, 2; brx.idx %r1, L; L: .branchtargets A, B, C; A: mov.b32 %r2, 10; bra D; B: mov.b32 %r2, 20; bra D; C: mov.b32 "
    + "%r2, 30; D:", 30u, TestName = "{m}(one of several jumps)")]
    [TestCase("mov.b32 %r3, 5; st.global.b32 [%rd1], %r3; red.add.u32 [%rd1], 7; ld.b32 %r2, [%rd1];", 12u, TestName = "{m}(reduction)")]
    [TestCase("mov.b32 %r3, 5; st.global.b32 [%rd1], %r3; atom.cas.b32 %r4, [%rd1], 5, 8; atom.add.global.u32 %r2, [%rd1], %r4;", 8u,
    TestName = "{m}(atomic operations, the space behind)")]
    [TestCase("mov.u32 %r1, more; st.shared.b32 [%r1+4], 6; ld.shared.b32 %r3, [more+4]; mov.u32 %r4, %dynamic_smem_size; mad.lo.s32 %r2, "
    + "%r3, 100, %r4;", 608u, TestName = "{m}(shared memory that the launch gives)")]
    [TestCase(
    "mov.b32 %r1, 5; { .param .b32 n; st.param.b32 [n], %r1; .param .b32 back; call.uni (back), product, (n); ld.param.b32 %r2, [back]; }",
    120u, TestName = "{m}(a function that calls itself)")]
    [TestCase(".local .align 4 .b8 own[4]; mov.b64 %rd2, own; cvta.local.u64 %rd2, %rd2; { .param .b64 to; st.param.b64 [to], %rd2; "
    + "call.uni fill, (to); } ld.local.b32 %r2, [own];", 77u, TestName = "{m}(a function that writes its caller's memory)")]
    public void Gives(string code, uint expected) => Assert.That(Results(code)[0], Is.EqualTo(expected));

    [TestCase("ld.param.b32 %r2, [pair+16];", "none of this type there")]
    [TestCase("ld.param.b32 %r2, [pair+2];", "none of this type there")]
    [TestCase(".shared .align 4 .b8 s[8]; ld.b32 %r2, [s];", "s lies in shared memory")]
    [TestCase(".local .align 4 .b8 s[8]; mov.b64 %rd2, s; cvta.local.u64 %rd3, %rd2; cvta.to.shared.u64 %rd3, %rd3; mov.b32 %r2, 0;",
    "lies in another space")]
    [TestCase(".local .align 4 .b8 s[8]; mov.b64 %rd2, s; ld.b32 %r2, [%rd2];", "outside of the launch's views")]
    [TestCase("ld.b32 %r2, [%rd1+16];", "outside of the launch's views")]
    [TestCase("mov.b32 %r1, 3; brx.idx %r1, L; L: .branchtargets A, A, A; A: mov.b32 %r2, 0;", "the list has no label 3")]
    [TestCase("mov.u32 %r1, more; st.shared.b32 [%r1+8], 6; mov.b32 %r2, 0;", "outside of the declared variables")]
    [TestCase("call.uni elsewhere; mov.b32 %r2, 0;", "there is no function elsewhere")]
    [TestCase("call.uni meet; mov.b32 %r2, 0;", "meet waits for other threads")]
    [TestCase("{ .param .b64 to; call.uni fill, (to); } mov.b32 %r2, 0;", "is given nothing")]
    [TestCase("{ .param .b32 n; st.param.b32 [n], 300; .param .b32 back; call.uni (back), product, (n); ld.param.b32 %r2, [back]; }",
    "does not end calling itself")]
    [TestCase("{ .param .b64 to; } st.param.b64 [to], %rd1; mov.b32 %r2, 0;", "nothing is declared to pass to")]
    [TestCase("div.f32 %f1, %f1, %f1; mov.b32 %r2, 0;", "unknown instruction")]
    public void Refuses(string code, string reason) =>
    Assert.That(() => Results(code), Throws.TypeOf<PtxFault>().With.Message.Contains(reason));

    [TestCase("and", ExpectedResult = 0u)]
    [TestCase("or", ExpectedResult = 1u)]
    [TestCase("popc", ExpectedResult = 3u)]
    public uint Barriers_that_combine(string operation) => Results(operation == "popc"
        ? "mov.u32 %r1, %tid.x; setp.lt.u32 %p1, %r1, 3; bar.red.popc.u32 %r2, 0, %p1;"
        : $"mov.u32 %r1, %tid.x; setp.lt.u32 %p1, %r1, 3; bar.red.{operation}.pred %p2, 0, %p1; selp.b32 %r2, 1, 0, %p2;", 40)[39];

    [TestCase("ld.b32 %r2, [%rd1];")]
    [TestCase("red.add.u32 [%rd1], 1;")]
    [TestCase("copysign.f32 %f1, %f1, %f1;")]
    [TestCase("sub.f32 %f1, %f1, %f1;")]
    [TestCase("mul.f64 %fd1, %fd1, %fd1;")]
    public void Our_own_texts_never_say_what_others_may(string code) =>
    Assert.That(() => new PtxProgram(PtxInterpreterTests.Module(code)),
    Throws.TypeOf<PtxFault>().With.Message.Contains("unknown instruction"));

    // Besides the view there is a parameter of 16 bytes, whose bytes from the 8th on are DD, CC, BB, AA.
    static uint[] Results(string code, int threads = 1)
    {
        string module = PtxInterpreterTests.Module(code).Replace(".param .u64 threads", ".param .u64 threads, .param .align 8 .b8 pair[16]")
            .Replace(".visible .entry", Functions + "\n.visible .entry");
        byte[] pair = [1, 2, 3, 4, 5, 6, 7, 8, 0xDD, 0xCC, 0xBB, 0xAA, 0, 0, 0, 0];
        var left = new uint[threads];
        fixed (uint* view = left)
        {
            long start = (long)view;
            new PtxProgram(module, isForeign: true).RunWithBytes(
                new Index3D(1, 1, 1), new Index3D(threads, 1, 1),
                [BitConverter.GetBytes(start), BitConverter.GetBytes((long)threads), pair], [(start, start + 4 * threads)],
                dynamicBytes: 8);
        }

        return left;
    }
}
