#pragma OPENCL FP_CONTRACT OFF

int some_of_x16(int16 m)
{
    int8 m8 = m.lo | m.hi;
    int4 m4 = m8.lo | m8.hi;
    int2 m2 = m4.lo | m4.hi;
    return m2.x | m2.y;
}

uint16 remainder_i32x16(uint16 a, uint16 b)
{
    uint16 q = as_uint16(as_int16(a) % as_int16(select(b, (uint16)(1), (b == 0) | (b == (uint16)(-1)))));
    return select(q, (uint16)(0), b == (uint16)(-1));
}

__constant ulong nowhere[1] = { 0 };

float16 gather_global_floatx16(ulong16 a)
{
    return (float16)(*(__global const float*)a.s0, *(__global const float*)a.s1, *(__global const float*)a.s2, *(__global const float*)a.s3, *(__global const float*)a.s4, *(__global const float*)a.s5, *(__global const float*)a.s6, *(__global const float*)a.s7, *(__global const float*)a.s8, *(__global const float*)a.s9, *(__global const float*)a.sa, *(__global const float*)a.sb, *(__global const float*)a.sc, *(__global const float*)a.sd, *(__global const float*)a.se, *(__global const float*)a.sf);
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

int every_of_x16(int16 m)
{
    int8 m8 = m.lo & m.hi;
    int4 m4 = m8.lo & m8.hi;
    int2 m2 = m4.lo & m4.hi;
    return m2.x & m2.y;
}

void whole_vector(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2, __global uchar* p3, ulong o3, ulong p4, uint p5, float p6)
{
    const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint s0;
    __global uchar* s1 = p1 + o1;
    __global uchar* s3 = p3 + o3;
    uint s5 = p5;
    float s6 = p6;
    int16 m7;
    uint16 v8;
    int16 m9;
    int s10;
    uint16 v11;
    uint16 v12;
    float s13;
    float s14;
    uint s15;
    float16 v16 = 0;
    int s17;
    uint16 v18;
    uint16 v19;
    float16 v20;
    float16 v21;
    s0 = (uint)get_global_id(0) * 16u;
    v8 = (uint16)(s0) + lanes;
    m7 = as_int16(v8) < as_int16((uint16)(s5));
    m9 = ~m7;
    s10 = some_of_x16(m7);
    if (!s10) goto L1;
    v12 = (uint16)(s0) + lanes;
    v11 = v12 * (uint16)(s5);
    s13 = s6 * s6;
    s14 = s13 + 1.0f;
    s15 = 0u;
    v16 = (float16)(0.0f);
L4:;
    s17 = as_int(s15) < as_int(s5);
    if (!s17) goto L5;
    v18 = v11 + (uint16)(s15);
    v19 = remainder_i32x16(v18, (uint16)(32u));
    v20 = gather_global_floatx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s1) + as_ulong16(convert_long16(as_int16(v19))) * (ulong)(4L), convert_long16(m7)));
    v21 = v20 * (float16)(s14);
    v16 = v16 + v21;
    v16 = v16 + v21;
    v16 = v16 + v21;
    s15 = s15 + 1u;
    goto L4;
L5:;
    goto L2;
L2:;
    if (every_of_x16(m7)) vstore16(v16, 0, (__global float*)(s3 + ((long)as_int(s0) * 4))); else scatter_global_floatx16((ulong16)((ulong)s3) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), v16, m7);
L1:;
    goto L0;
L0:;
    return;
}

void last_vector(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2, __global uchar* p3, ulong o3, ulong p4, uint p5, float p6)
{
    const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint s0;
    __global uchar* s1 = p1 + o1;
    __global uchar* s3 = p3 + o3;
    uint s5 = p5;
    float s6 = p6;
    uint s7;
    uint16 v8;
    int16 m9;
    int16 m10;
    uint16 v11;
    int16 m12;
    int16 m13;
    int16 m14;
    int s15;
    uint16 v16;
    uint16 v17;
    float s18;
    float s19;
    uint s20;
    float16 v21 = 0;
    int s22;
    uint16 v23;
    uint16 v24;
    float16 v25;
    float16 v26;
    s0 = (uint)get_global_id(0) * 16u;
    s7 = size_x;
    v8 = (uint16)(s0) + lanes;
    m9 = as_int16(v8) < as_int16((uint16)(s7));
    v11 = (uint16)(s0) + lanes;
    m10 = as_int16(v11) < as_int16((uint16)(s5));
    m12 = ~m10;
    m13 = m9 & m10;
    m14 = m9 & m12;
    s15 = some_of_x16(m13);
    if (!s15) goto L1;
    v17 = (uint16)(s0) + lanes;
    v16 = v17 * (uint16)(s5);
    s18 = s6 * s6;
    s19 = s18 + 1.0f;
    s20 = 0u;
    v21 = (float16)(0.0f);
L4:;
    s22 = as_int(s20) < as_int(s5);
    if (!s22) goto L5;
    v23 = v16 + (uint16)(s20);
    v24 = remainder_i32x16(v23, (uint16)(32u));
    v25 = gather_global_floatx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s1) + as_ulong16(convert_long16(as_int16(v24))) * (ulong)(4L), convert_long16(m13)));
    v26 = v25 * (float16)(s19);
    v21 = v21 + v26;
    v21 = v21 + v26;
    v21 = v21 + v26;
    s20 = s20 + 1u;
    goto L4;
L5:;
    goto L2;
L2:;
    if (every_of_x16(m13)) vstore16(v21, 0, (__global float*)(s3 + ((long)as_int(s0) * 4))); else scatter_global_floatx16((ulong16)((ulong)s3) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), v21, m13);
L1:;
    goto L0;
L0:;
    return;
}

__kernel void MicroKernels_Scan(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2, __global uchar* p3, ulong o3, ulong p4, uint p5, float p6)
{
    if (((uint)get_global_id(0) + 1u) * 16u <= size_x)
        whole_vector(size_x, size_y, size_z, p1, o1, p2, p3, o3, p4, p5, p6);
    else if ((uint)get_global_id(0) * 16u < size_x)
        last_vector(size_x, size_y, size_z, p1, o1, p2, p3, o3, p4, p5, p6);
}
