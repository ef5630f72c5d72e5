#pragma OPENCL FP_CONTRACT OFF

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

void whole_vector(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2, __global uchar* p3, ulong o3, ulong p4, float p5)
{
    uint s0;
    __global uchar* s1 = p1 + o1;
    __global uchar* s3 = p3 + o3;
    float s5 = p5;
    float16 v6;
    float16 v7;
    float16 v8;
    float16 v9;
    s0 = (uint)get_global_id(0) * 16u;
    v6 = vload16(0, (__global const float*)(s3 + ((long)as_int(s0) * 4)));
    v7 = vload16(0, (__global const float*)(s1 + ((long)as_int(s0) * 4)));
    v8 = (float16)(s5) * v7;
    v9 = v6 + v8;
    vstore16(v9, 0, (__global float*)(s3 + ((long)as_int(s0) * 4)));
    goto L0;
L0:;
    return;
}

void last_vector(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2, __global uchar* p3, ulong o3, ulong p4, float p5)
{
    const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint s0;
    __global uchar* s1 = p1 + o1;
    __global uchar* s3 = p3 + o3;
    float s5 = p5;
    uint s6;
    uint16 v7;
    int16 m8;
    float16 v9;
    float16 v10;
    float16 v11;
    float16 v12;
    s0 = (uint)get_global_id(0) * 16u;
    s6 = size_x;
    v7 = (uint16)(s0) + lanes;
    m8 = as_int16(v7) < as_int16((uint16)(s6));
    if (every_of_x16(m8)) v9 = vload16(0, (__global const float*)(s3 + ((long)as_int(s0) * 4))); else v9 = gather_global_floatx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s3) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m8)));
    if (every_of_x16(m8)) v10 = vload16(0, (__global const float*)(s1 + ((long)as_int(s0) * 4))); else v10 = gather_global_floatx16(select((ulong16)((ulong)nowhere), (ulong16)((ulong)s1) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), convert_long16(m8)));
    v11 = (float16)(s5) * v10;
    v12 = v9 + v11;
    if (every_of_x16(m8)) vstore16(v12, 0, (__global float*)(s3 + ((long)as_int(s0) * 4))); else scatter_global_floatx16((ulong16)((ulong)s3) + (ulong16)((ulong)(long)as_int(s0)) * (ulong)(4L) + (ulong16)(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60), v12, m8);
    goto L0;
L0:;
    return;
}

__kernel void MicroKernels_Axpy(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2, __global uchar* p3, ulong o3, ulong p4, float p5)
{
    if (((uint)get_global_id(0) + 1u) * 16u <= size_x)
        whole_vector(size_x, size_y, size_z, p1, o1, p2, p3, o3, p4, p5);
    else if ((uint)get_global_id(0) * 16u < size_x)
        last_vector(size_x, size_y, size_z, p1, o1, p2, p3, o3, p4, p5);
}
