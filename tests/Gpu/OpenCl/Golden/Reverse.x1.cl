#pragma OPENCL FP_CONTRACT OFF

__kernel __attribute__((reqd_work_group_size(8, 1, 1))) void MicroKernels_Reverse(__global uchar* p0, ulong o0, ulong p1, __local ulong16* group_memory)
{
    __global uchar* s0 = p0 + o0;
    __local uchar* s2;
    uint s3;
    uint s4;
    uint s5;
    uint s6;
    uint s7;
    float s8;
    uint s9;
    float s10;
    s2 = (__local uchar*)group_memory + 0;
    s3 = (uint)get_group_id(0);
    s4 = 8u;
    s5 = s3 * s4;
    s6 = (uint)get_local_id(0);
    s7 = s5 + s6;
    s8 = *(__global const float*)(s0 + ((long)as_int(s7) * 4));
    *(__local float*)(s2 + ((long)as_int(s6) * 4)) = s8;
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    s9 = s4 - s6;
    s10 = *(__local const float*)(s2 + ((long)as_int(s9) * 4 - 4));
    *(__global float*)(s0 + ((long)as_int(s7) * 4)) = s10;
    goto L0;
L0:;
    return;
}
