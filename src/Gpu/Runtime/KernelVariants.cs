using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Runtime;

/// <summary>
/// What a device made of each kernel: one for each set of values that are constants inside and each extent of groups. A launch finds its own
/// without allocating.
/// </summary>
/// <param name="compile">Makes one.</param>
sealed class KernelVariants<T>(Func<Launch, SpecializedKernel, GroupExtent?, T> compile)
{
    readonly Dictionary<Key, T> variants = new(new Comparer());

    /// <summary>All that were made.</summary>
    public IEnumerable<T> All => variants.Values;

    /// <summary>The one for a launch.</summary>
    public T Of(Launch launch)
    {
        if (variants.GetAlternateLookup<Launch>().TryGetValue(launch, out T? variant))
            return variant;
        var key = new Key(launch.Kernel, launch.Specialize(), launch.Group);
        variant = compile(launch, key.Specialized, key.Group);
        variants.Add(key, variant);
        return variant;
    }

    sealed record Key(CompiledKernel Kernel, SpecializedKernel Specialized, GroupExtent? Group);

    sealed class Comparer : IEqualityComparer<Key>, IAlternateEqualityComparer<Launch, Key>
    {
        public bool Equals(Key? x, Key? y) => x == y;

        public bool Equals(Launch launch, Key key) =>
            ReferenceEquals(launch.Kernel, key.Kernel) && launch.Group == key.Group && launch.Constants.SequenceEqual(key.Specialized.Bits);

        public int GetHashCode(Key key) => Hash(key.Kernel, key.Group, key.Specialized.Bits);

        public int GetHashCode(Launch launch) => Hash(launch.Kernel, launch.Group, launch.Constants);

        public Key Create(Launch launch) => new(launch.Kernel, launch.Specialize(), launch.Group);

        static int Hash(CompiledKernel kernel, GroupExtent? group, ReadOnlySpan<ulong> constants)
        {
            int hash = RuntimeHelpers.GetHashCode(kernel);
            if (group is { } g)
                hash = unchecked((hash * 31 + g.X) * 961 + g.Y * 31 + g.Z);
            foreach (ulong word in constants)
                hash = unchecked(hash * 31 + word.GetHashCode());
            return hash;
        }
    }
}
