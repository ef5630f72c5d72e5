#pragma OPENCL FP_CONTRACT OFF

__kernel void MicroKernels_Both(uint size_x, uint size_y, uint size_z, __global uchar* p2, ulong o2, ulong p3, __global uchar* p4, ulong o4, ulong p5, uint p6)
{
    if (get_global_id(0) >= size_x || get_global_id(1) >= size_y || get_global_id(2) >= size_z)
        return;
    uint s0;
    uint s1;
    __global uchar* s2 = p2 + o2;
    __global uchar* s4 = p4 + o4;
    uint s6 = p6;
    uint s7;
    uint s8;
    uint s9;
    int s10;
    uint s11;
    int s12;
    int s13;
    uint s14;
    uint s15;
    s0 = (uint)get_global_id(0);
    s1 = (uint)get_global_id(1);
    s8 = s1 * s6;
    s9 = s8 + s0;
    s10 = as_int(0u) < as_int(s0);
    s11 = s6 + (uint)(-1);
    s12 = as_int(s0) < as_int(s11);
    s13 = s10 & s12;
    if (!s13) goto L3;
    s14 = *(__global const uint*)(s2 + ((long)as_int(s9) * 4 - 4));
    s15 = *(__global const uint*)(s2 + ((long)as_int(s9) * 4 + 4));
    s7 = s14 + s15;
    goto L1;
L3:;
    s7 = 0u;
    goto L1;
L1:;
    *(__global uint*)(s4 + ((long)as_int(s9) * 4)) = s7;
    goto L0;
L0:;
    return;
}
