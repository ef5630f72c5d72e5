#pragma OPENCL FP_CONTRACT OFF

int some_of_x16(int16 m)
{
    int8 m8 = m.lo | m.hi;
    int4 m4 = m8.lo | m8.hi;
    int2 m2 = m4.lo | m4.hi;
    return m2.x | m2.y;
}

__constant ulong nowhere[1] = { 0 };

uint16 gather_global_uintx16(ulong16 a)
{
    return (uint16)(*(__global const uint*)a.s0, *(__global const uint*)a.s1, *(__global const uint*)a.s2, *(__global const uint*)a.s3, *(__global const uint*)a.s4, *(__global const uint*)a.s5, *(__global const uint*)a.s6, *(__global const uint*)a.s7, *(__global const uint*)a.s8, *(__global const uint*)a.s9, *(__global const uint*)a.sa, *(__global const uint*)a.sb, *(__global const uint*)a.sc, *(__global const uint*)a.sd, *(__global const uint*)a.se, *(__global const uint*)a.sf);
}

int every_of_x16(int16 m)
{
    int8 m8 = m.lo & m.hi;
    int4 m4 = m8.lo & m8.hi;
    int2 m2 = m4.lo & m4.hi;
    return m2.x & m2.y;
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

void whole_vector(uint size_x, uint size_y, uint size_z, __global uchar* p2, ulong o2, ulong p3, __global uchar* p4, ulong o4, ulong p5, uint p6)
{
    const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint s0;
    uint s1;
    __global uchar* s2 = p2 + o2;
    __global uchar* s4 = p4 + o4;
    uint s6 = p6;
    uint16 v7 = 0;
    uint s8;
    uint s9;
    int16 m10;
    uint16 v11;
    uint s12;
    int16 m13;
    uint16 v14;
    int16 m15;
    int16 m16;
    int s17;
    uint16 v18;
    uint16 v19;
    uint16 v20;
    s0 = (uint)get_global_id(0) * 16u;
    s1 = (uint)get_global_id(1);
    s8 = s1 * s6;
    s9 = s8 + s0;
    v11 = (uint16)(s0) + lanes;
    m10 = as_int16((uint16)(0u)) < as_int16(v11);
    s12 = s6 + (uint)(-1);
    v14 = (uint16)(s0) + lanes;
    m13 = as_int16(v14) < as_int16((uint16)(s12));
    m15 = m10 & m13;
    m16 = ~m15;
    s17 = some_of_x16(m15);
    if (!s17) goto L1;
    if (every_of_x16(m15)) v18 = vload16(0, (__global const uint*)(s2 + ((long)as_int(s9) * 4 - 4))); else v18 = gather_global_uintx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s2) + (ulong16)((ulong)(long)as_int(s9)) * (ulong)(4L) + (ulong)(-4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m15)));
    if (every_of_x16(m15)) v19 = vload16(0, (__global const uint*)(s2 + ((long)as_int(s9) * 4 + 4))); else v19 = gather_global_uintx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s2) + (ulong16)((ulong)(long)as_int(s9)) * (ulong)(4L) + (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m15)));
    v20 = v18 + v19;
    v7 = select(v7, v20, m15);
L1:;
    v7 = select(v7, (uint16)(0u), m16);
    vstore16(v7, 0, (__global uint*)(s4 + ((long)as_int(s9) * 4)));
    goto L0;
L0:;
    return;
}

void last_vector(uint size_x, uint size_y, uint size_z, __global uchar* p2, ulong o2, ulong p3, __global uchar* p4, ulong o4, ulong p5, uint p6)
{
    const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint s0;
    uint s1;
    __global uchar* s2 = p2 + o2;
    __global uchar* s4 = p4 + o4;
    uint s6 = p6;
    uint s7;
    uint16 v8;
    int16 m9;
    uint16 v10 = 0;
    uint s11;
    uint s12;
    int16 m13;
    uint16 v14;
    uint s15;
    int16 m16;
    uint16 v17;
    int16 m18;
    int16 m19;
    int16 m20;
    int16 m21;
    int s22;
    uint16 v23;
    uint16 v24;
    uint16 v25;
    s0 = (uint)get_global_id(0) * 16u;
    s1 = (uint)get_global_id(1);
    s7 = size_x;
    v8 = (uint16)(s0) + lanes;
    m9 = as_int16(v8) < as_int16((uint16)(s7));
    s11 = s1 * s6;
    s12 = s11 + s0;
    v14 = (uint16)(s0) + lanes;
    m13 = as_int16((uint16)(0u)) < as_int16(v14);
    s15 = s6 + (uint)(-1);
    v17 = (uint16)(s0) + lanes;
    m16 = as_int16(v17) < as_int16((uint16)(s15));
    m18 = m13 & m16;
    m19 = ~m18;
    m20 = m9 & m18;
    m21 = m9 & m19;
    s22 = some_of_x16(m20);
    if (!s22) goto L1;
    if (every_of_x16(m20)) v23 = vload16(0, (__global const uint*)(s2 + ((long)as_int(s12) * 4 - 4))); else v23 = gather_global_uintx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s2) + (ulong16)((ulong)(long)as_int(s12)) * (ulong)(4L) + (ulong)(-4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m20)));
    if (every_of_x16(m20)) v24 = vload16(0, (__global const uint*)(s2 + ((long)as_int(s12) * 4 + 4))); else v24 = gather_global_uintx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s2) + (ulong16)((ulong)(long)as_int(s12)) * (ulong)(4L) + (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m20)));
    v25 = v23 + v24;
    v10 = select(v10, v25, m20);
L1:;
    v10 = select(v10, (uint16)(0u), m21);
    if (every_of_x16(m9)) vstore16(v10, 0, (__global uint*)(s4 + ((long)as_int(s12) * 4))); else scatter_global_uintx16((ulong16)((ulong)s4) + (ulong16)((ulong)(long)as_int(s12)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), v10, m9);
    goto L0;
L0:;
    return;
}

__kernel void MicroKernels_Both(uint size_x, uint size_y, uint size_z, __global uchar* p2, ulong o2, ulong p3, __global uchar* p4, ulong o4, ulong p5, uint p6)
{
    if (((uint)get_global_id(0) + 1u) * 16u <= size_x)
        whole_vector(size_x, size_y, size_z, p2, o2, p3, p4, o4, p5, p6);
    else if ((uint)get_global_id(0) * 16u < size_x)
        last_vector(size_x, size_y, size_z, p2, o2, p3, p4, o4, p5, p6);
}
