#pragma OPENCL FP_CONTRACT OFF

__constant ulong nowhere[1] = { 0 };

float16 gather_global_floatx16(ulong16 a)
{
    return (float16)(*(__global const float*)a.s0, *(__global const float*)a.s1, *(__global const float*)a.s2, *(__global const float*)a.s3, *(__global const float*)a.s4, *(__global const float*)a.s5, *(__global const float*)a.s6, *(__global const float*)a.s7, *(__global const float*)a.s8, *(__global const float*)a.s9, *(__global const float*)a.sa, *(__global const float*)a.sb, *(__global const float*)a.sc, *(__global const float*)a.sd, *(__global const float*)a.se, *(__global const float*)a.sf);
}

int every_of_x16(int16 m)
{
    int8 m8 = m.lo & m.hi;
    int4 m4 = m8.lo & m8.hi;
    int2 m2 = m4.lo & m4.hi;
    return m2.x & m2.y;
}

void scatter_local_floatx16(ulong16 a, float16 v, int16 m)
{
    ulong addresses[16];
    float values[16];
    int active[16];
    vstore16(a, 0, addresses);
    vstore16(v, 0, values);
    vstore16(m, 0, active);
    __attribute__((opencl_unroll_hint(1)))
    for (int lane = 0; lane < 16; lane++)
    {
        if (active[lane])
            *(__local float*)addresses[lane] = values[lane];
    }
}

float16 gather_local_floatx16(ulong16 a)
{
    return (float16)(*(__local const float*)a.s0, *(__local const float*)a.s1, *(__local const float*)a.s2, *(__local const float*)a.s3, *(__local const float*)a.s4, *(__local const float*)a.s5, *(__local const float*)a.s6, *(__local const float*)a.s7, *(__local const float*)a.s8, *(__local const float*)a.s9, *(__local const float*)a.sa, *(__local const float*)a.sb, *(__local const float*)a.sc, *(__local const float*)a.sd, *(__local const float*)a.se, *(__local const float*)a.sf);
}

void scatter_global_floatx16(ulong16 a, float16 v, int16 m)
{
    ulong addresses[16];
    float values[16];
    int active[16];
    vstore16(a, 0, addresses);
    vstore16(v, 0, values);
    vstore16(m, 0, active);
    __attribute__((opencl_unroll_hint(1)))
    for (int lane = 0; lane < 16; lane++)
    {
        if (active[lane])
            *(__global float*)addresses[lane] = values[lane];
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void MicroKernels_Reverse(__global uchar* p0, ulong o0, ulong p1, __local ulong16* group_memory)
{
    const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __global uchar* s0 = p0 + o0;
    uint s2;
    uint16 v3;
    int16 m4;
    __local uchar* s5;
    uint s6;
    uint s7;
    uint s8;
    uint s9;
    uint s10;
    uint s11;
    float16 v12;
    uint s13;
    float16 v14;
    s2 = (uint)get_local_id(0) * 16u;
    v3 = (uint16)(s2) + lanes;
    m4 = as_int16(v3) < as_int16((uint16)(8u));
    s5 = (__local uchar*)group_memory + 0;
    s6 = (uint)get_group_id(0);
    s7 = 8u;
    s8 = s6 * s7;
    s10 = (uint)get_local_id(0) * 16u;
    s9 = s10;
    s11 = s8 + s9;
    if (every_of_x16(m4)) v12 = vload16(0, (__global const float*)(s0 + ((long)as_int(s11) * 4))); else v12 = gather_global_floatx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s0) + (ulong16)((ulong)(long)as_int(s11)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m4)));
    if (every_of_x16(m4)) vstore16(v12, 0, (__local float*)(s5 + ((long)as_int(s9) * 4))); else scatter_local_floatx16((ulong16)((ulong)s5) + (ulong16)((ulong)(long)as_int(s9)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), v12, m4);
    s13 = s7 - s9;
    v14 = gather_local_floatx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s5) + (ulong16)((ulong)(long)as_int(s13)) * (ulong)(4L) + (ulong)(-4L) + (ulong16)(0, (ulong)(-4L), (ulong)(-8L), (ulong)(-12L), (ulong)(-16L), (ulong)(-20L), (ulong)(-24L), (ulong)(-28L), (ulong)(-32L), (ulong)(-36L), (ulong)(-40L), (ulong)(-44L), (ulong)(-48L), (ulong)(-52L), (ulong)(-56L), (ulong)(-60L)), convert_long16(m4)));
    if (every_of_x16(m4)) vstore16(v14, 0, (__global float*)(s0 + ((long)as_int(s11) * 4))); else scatter_global_floatx16((ulong16)((ulong)s0) + (ulong16)((ulong)(long)as_int(s11)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), v14, m4);
    goto L0;
L0:;
    return;
}
