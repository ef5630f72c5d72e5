namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// What members of <see cref="Warp"/> mean that are no operations of their own. A warp is 32 threads of the group in a row, on each device, so that no bit depends on
/// the device; the last one of a group may have fewer.
/// </summary>
static class WarpMeaning
{
    /// <summary>The number of threads of a whole warp: 32.</summary>
    public static int WarpSize => 32;

    /// <summary>The thread's index in its warp.</summary>
    public static int LaneIdx => Group.LinearIndex & 31;

    /// <summary>The warp's index in its group.</summary>
    public static int WarpIdx => Group.LinearIndex >> 5;

    /// <summary>The value of one lane, for all.</summary>
    public static T Broadcast<T>(T value, int laneIndex)
        where T : unmanaged => Warp.Shuffle(value, laneIndex);

    /// <summary>The value of a lane within each <paramref name="width"/> lanes, a power of two up to 32.</summary>
    public static T Shuffle<T>(T variable, int sourceLane, int width)
        where T : unmanaged => Warp.Shuffle(variable, (Warp.LaneIdx & -width) | (sourceLane & (width - 1)));

    /// <summary>The value of the lane <paramref name="delta"/> further; the thread's own at the end of the warp.</summary>
    public static T ShuffleDown<T>(T variable, int delta)
        where T : unmanaged => Warp.Shuffle(variable, Warp.LaneIdx + delta);

    /// <summary>The value of the lane <paramref name="delta"/> further within each <paramref name="width"/> lanes; the thread's own at their end.</summary>
    public static T ShuffleDown<T>(T variable, int delta, int width)
        where T : unmanaged => Warp.Shuffle(variable, (Warp.LaneIdx & (width - 1)) + delta < width ? Warp.LaneIdx + delta : Warp.LaneIdx);

    /// <summary>The value of the lane <paramref name="delta"/> before; the thread's own at the start of the warp.</summary>
    public static T ShuffleUp<T>(T variable, int delta)
        where T : unmanaged => Warp.Shuffle(variable, Warp.LaneIdx - delta);

    /// <summary>The value of the lane <paramref name="delta"/> before within each <paramref name="width"/> lanes; the thread's own at their start.</summary>
    public static T ShuffleUp<T>(T variable, int delta, int width)
        where T : unmanaged => Warp.Shuffle(variable, (Warp.LaneIdx & (width - 1)) >= delta ? Warp.LaneIdx - delta : Warp.LaneIdx);

    /// <summary>The value of the lane whose index differs from the thread's in the bits of <paramref name="mask"/>.</summary>
    public static T ShuffleXor<T>(T variable, int mask)
        where T : unmanaged => Warp.Shuffle(variable, Warp.LaneIdx ^ mask);

    /// <inheritdoc cref="ShuffleXor{T}(T, int)"/>
    public static T ShuffleXor<T>(T variable, int mask, int width)
        where T : unmanaged => Warp.Shuffle(variable, Warp.LaneIdx ^ (mask & (width - 1)));
}
