#pragma OPENCL FP_CONTRACT OFF

__kernel void MicroKernels_Classify(uint size_x, uint size_y, uint size_z, __global uchar* p1, ulong o1, ulong p2)
{
    if (get_global_id(0) >= size_x || get_global_id(1) >= size_y || get_global_id(2) >= size_z)
        return;
    uint s0;
    __global uchar* s1 = p1 + o1;
    uint s3;
    int s4;
    uint s5;
    int s6;
    uint s7;
    uint s8;
    s0 = (uint)get_global_id(0);
    s3 = *(__global const uint*)(s1 + ((long)as_int(s0) * 4));
    s4 = s3 != 0u;
    if (!s4) goto L5;
    s5 = s3 + (uint)(-1);
    s6 = s5 <= 1u;
    if (!s6) goto L7;
    *(__global uint*)(s1 + ((long)as_int(s0) * 4)) = 20u;
    goto L1;
L7:;
    *(__global uint*)(s1 + ((long)as_int(s0) * 4)) = (uint)(-1);
    goto L3;
L5:;
    *(__global uint*)(s1 + ((long)as_int(s0) * 4)) = 10u;
    goto L3;
L3:;
    s7 = *(__global const uint*)(s1 + ((long)as_int(s0) * 4));
    s8 = s7 + 1u;
    *(__global uint*)(s1 + ((long)as_int(s0) * 4)) = s8;
    goto L1;
L1:;
    goto L0;
L0:;
    return;
}
