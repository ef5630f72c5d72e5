#pragma OPENCL FP_CONTRACT OFF

__kernel void MicroKernels_Axpy(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2, __global uchar* p3, ulong o3, ulong p4, float p5)
{
    if (get_global_id(0) >= size_x || get_global_id(1) >= size_y || get_global_id(2) >= size_z)
        return;
    uint s0;
    __global uchar* s1 = p1 + o1;
    __global uchar* s3 = p3 + o3;
    float s5 = p5;
    float s6;
    float s7;
    float s8;
    float s9;
    s0 = (uint)get_global_id(0);
    s6 = *(__global const float*)(s3 + ((long)as_int(s0) * 4));
    s7 = *(__global const float*)(s1 + ((long)as_int(s0) * 4));
    s8 = s5 * s7;
    s9 = s6 + s8;
    *(__global float*)(s3 + ((long)as_int(s0) * 4)) = s9;
    goto L0;
L0:;
    return;
}
