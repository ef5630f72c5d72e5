#pragma OPENCL FP_CONTRACT OFF

int some_of_x16(int16 m)
{
    int8 m8 = m.lo | m.hi;
    int4 m4 = m8.lo | m8.hi;
    int2 m2 = m4.lo | m4.hi;
    return m2.x | m2.y;
}

void scatter_global_uintx16(ulong16 a, uint16 v, int16 m)
{
    ulong addresses[16];
    uint values[16];
    int active[16];
    vstore16(a, 0, addresses);
    vstore16(v, 0, values);
    vstore16(m, 0, active);
    __attribute__((opencl_unroll_hint(1)))
    for (int lane = 0; lane < 16; lane++)
    {
        if (active[lane])
            *(__global uint*)addresses[lane] = values[lane];
    }
}

int every_of_x16(int16 m)
{
    int8 m8 = m.lo & m.hi;
    int4 m4 = m8.lo & m8.hi;
    int2 m2 = m4.lo & m4.hi;
    return m2.x & m2.y;
}

__constant ulong nowhere[1] = { 0 };

uint16 gather_global_uintx16(ulong16 a)
{
    return (uint16)(*(__global const uint*)a.s0, *(__global const uint*)a.s1, *(__global const uint*)a.s2, *(__global const uint*)a.s3, *(__global const uint*)a.s4, *(__global const uint*)a.s5, *(__global const uint*)a.s6, *(__global const uint*)a.s7, *(__global const uint*)a.s8, *(__global const uint*)a.s9, *(__global const uint*)a.sa, *(__global const uint*)a.sb, *(__global const uint*)a.sc, *(__global const uint*)a.sd, *(__global const uint*)a.se, *(__global const uint*)a.sf);
}

void whole_vector(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2)
{
    uint s0;
    __global uchar* s1 = p1 + o1;
    int16 m3 = 0;
    uint16 v4;
    int16 m5;
    int16 m6;
    int s7;
    uint16 v8;
    int16 m9;
    int16 m10;
    int16 m11;
    int16 m12;
    int s13;
    int s14;
    int s15;
    int s16;
    uint16 v17;
    uint16 v18;
    s0 = (uint)get_global_id(0) * 16u;
    m3 = (int16)(-0);
    v4 = vload16(0, (__global const uint*)(s1 + ((long)as_int(s0) * 4)));
    m5 = v4 != (uint16)(0u);
    m6 = ~m5;
    s7 = some_of_x16(m5);
    if (!s7) goto L1;
    v8 = v4 + (uint16)((uint)(-1));
    m9 = v8 <= (uint16)(1u);
    m10 = ~m9;
    m11 = m5 & m9;
    m12 = m5 & m10;
    s13 = some_of_x16(m11);
    if (!s13) goto L2;
    if (every_of_x16(m11)) vstore16((uint16)(20u), 0, (__global uint*)(s1 + ((long)as_int(s0) * 4))); else scatter_global_uintx16((ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), (uint16)(20u), m11);
L2:;
    s14 = some_of_x16(m12);
    if (!s14) goto L3;
    if (every_of_x16(m12)) vstore16((uint16)((uint)(-1)), 0, (__global uint*)(s1 + ((long)as_int(s0) * 4))); else scatter_global_uintx16((ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), (uint16)((uint)(-1)), m12);
    m3 = m3 | m12;
L3:;
L1:;
    s15 = some_of_x16(m6);
    if (!s15) goto L4;
    if (every_of_x16(m6)) vstore16((uint16)(10u), 0, (__global uint*)(s1 + ((long)as_int(s0) * 4))); else scatter_global_uintx16((ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), (uint16)(10u), m6);
    m3 = m3 | m6;
L4:;
    s16 = some_of_x16(m3);
    if (!s16) goto L5;
    if (every_of_x16(m3)) v17 = vload16(0, (__global const uint*)(s1 + ((long)as_int(s0) * 4))); else v17 = gather_global_uintx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m3)));
    v18 = v17 + (uint16)(1u);
    if (every_of_x16(m3)) vstore16(v18, 0, (__global uint*)(s1 + ((long)as_int(s0) * 4))); else scatter_global_uintx16((ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), v18, m3);
L5:;
    goto L0;
L0:;
    return;
}

void last_vector(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2)
{
    const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint s0;
    __global uchar* s1 = p1 + o1;
    uint s3;
    uint16 v4;
    int16 m5;
    int16 m6 = 0;
    uint16 v7;
    int16 m8;
    int16 m9;
    int16 m10;
    int16 m11;
    int s12;
    uint16 v13;
    int16 m14;
    int16 m15;
    int16 m16;
    int16 m17;
    int s18;
    int s19;
    int s20;
    int s21;
    uint16 v22;
    uint16 v23;
    s0 = (uint)get_global_id(0) * 16u;
    s3 = size_x;
    v4 = (uint16)(s0) + lanes;
    m5 = as_int16(v4) < as_int16((uint16)(s3));
    m6 = (int16)(-0);
    if (every_of_x16(m5)) v7 = vload16(0, (__global const uint*)(s1 + ((long)as_int(s0) * 4))); else v7 = gather_global_uintx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m5)));
    m8 = v7 != (uint16)(0u);
    m9 = ~m8;
    m10 = m5 & m8;
    m11 = m5 & m9;
    s12 = some_of_x16(m10);
    if (!s12) goto L1;
    v13 = v7 + (uint16)((uint)(-1));
    m14 = v13 <= (uint16)(1u);
    m15 = ~m14;
    m16 = m10 & m14;
    m17 = m10 & m15;
    s18 = some_of_x16(m16);
    if (!s18) goto L2;
    if (every_of_x16(m16)) vstore16((uint16)(20u), 0, (__global uint*)(s1 + ((long)as_int(s0) * 4))); else scatter_global_uintx16((ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), (uint16)(20u), m16);
L2:;
    s19 = some_of_x16(m17);
    if (!s19) goto L3;
    if (every_of_x16(m17)) vstore16((uint16)((uint)(-1)), 0, (__global uint*)(s1 + ((long)as_int(s0) * 4))); else scatter_global_uintx16((ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), (uint16)((uint)(-1)), m17);
    m6 = m6 | m17;
L3:;
L1:;
    s20 = some_of_x16(m11);
    if (!s20) goto L4;
    if (every_of_x16(m11)) vstore16((uint16)(10u), 0, (__global uint*)(s1 + ((long)as_int(s0) * 4))); else scatter_global_uintx16((ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), (uint16)(10u), m11);
    m6 = m6 | m11;
L4:;
    s21 = some_of_x16(m6);
    if (!s21) goto L5;
    if (every_of_x16(m6)) v22 = vload16(0, (__global const uint*)(s1 + ((long)as_int(s0) * 4))); else v22 = gather_global_uintx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m6)));
    v23 = v22 + (uint16)(1u);
    if (every_of_x16(m6)) vstore16(v23, 0, (__global uint*)(s1 + ((long)as_int(s0) * 4))); else scatter_global_uintx16((ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), v23, m6);
L5:;
    goto L0;
L0:;
    return;
}

__kernel void MicroKernels_Classify(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2)
{
    if (((uint)get_global_id(0) + 1u) * 16u <= size_x)
        whole_vector(size_x, size_y, size_z, p1, o1, p2);
    else if ((uint)get_global_id(0) * 16u < size_x)
        last_vector(size_x, size_y, size_z, p1, o1, p2);
}
