#pragma OPENCL FP_CONTRACT OFF

uint remainder_i32(uint a, uint b)
{
    uint q = as_uint(as_int(a) % as_int((((b == 0) | (b == (uint)(-1))) ? (uint)(1) : b)));
    return ((b == (uint)(-1)) ? (uint)(0) : q);
}

__kernel void MicroKernels_Scan(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2, __global uchar* p3, ulong o3, ulong p4, uint p5, float p6)
{
    if (get_global_id(0) >= size_x || get_global_id(1) >= size_y || get_global_id(2) >= size_z)
        return;
    uint s0;
    __global uchar* s1 = p1 + o1;
    __global uchar* s3 = p3 + o3;
    uint s5 = p5;
    float s6 = p6;
    int s7;
    uint s8;
    float s9;
    float s10;
    uint s11;
    float s12;
    int s13;
    uint s14;
    uint s15;
    float s16;
    float s17;
    s0 = (uint)get_global_id(0);
    s7 = as_int(s0) < as_int(s5);
    if (!s7) goto L3;
    s8 = s0 * s5;
    s9 = s6 * s6;
    s10 = s9 + 1.0f;
    s11 = 0u;
    s12 = 0.0f;
L7:;
    s13 = as_int(s11) < as_int(s5);
    if (!s13) goto L8;
    s14 = s8 + s11;
    s15 = remainder_i32(s14, 32u);
    s16 = *(__global const float*)(s1 + ((long)as_int(s15) * 4));
    s17 = s16 * s10;
    s12 = s12 + s17;
    s12 = s12 + s17;
    s12 = s12 + s17;
    s11 = s11 + 1u;
    goto L7;
L8:;
    goto L5;
L5:;
    *(__global float*)(s3 + ((long)as_int(s0) * 4)) = s12;
    goto L1;
L3:;
    goto L1;
L1:;
    goto L0;
L0:;
    return;
}
