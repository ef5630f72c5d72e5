namespace Dalle2.IlgpuKernels;

/// <summary>Views with strides, views within structs, views of structs, and views of views.</summary>
public sealed class ViewKernels : KernelFamily
{
    internal struct Particle
    {
        public float Mass;
        public int Id;
        public short Charge;
        public double Energy;
    }

    internal struct Pair
    {
        public int First;
        public int Second;
    }

    internal struct Tagged
    {
        public byte Tag;
        public Pair Pair;
        public long Sum;
    }

    internal struct ImageArguments
    {
        public ArrayView2D<float, Stride2D.DenseX> Source;
        public ArrayView<float> Target;
        public float Gain;
    }

    internal struct Level
    {
        public ArrayView<int> Values;
        public int Offset;
    }

    internal struct TwoLevels
    {
        public Level Lower;
        public Level Upper;
    }

    static void TransposeViewsKernel(Index2D index, ArrayView2D<int, Stride2D.DenseX> source, ArrayView2D<int, Stride2D.DenseX> target)
    {
        target[index.Y, index.X] = source[index];
    }

    static void RowsToColumnsKernel(Index2D index, ArrayView2D<int, Stride2D.DenseX> source, ArrayView2D<int, Stride2D.DenseY> target)
    {
        target[index] = source[index] + 1;
    }

    static void PitchedKernel(Index2D index, ArrayView2D<int, Stride2D.DenseX> pitched, ArrayView2D<int, Stride2D.DenseY> turned)
    {
        pitched[index] = 10 * index.X + index.Y;
        turned[index] = 100 * index.X + index.Y;
    }

    static void General2DKernel(Index2D index, ArrayView2D<int, Stride2D.General> source, ArrayView2D<int, Stride2D.General> target)
    {
        target[index] = source[index] * 2;
    }

    static void EveryOtherKernel(Index1D index, ArrayView1D<int, Stride1D.General> even, ArrayView1D<int, Stride1D.General> third)
    {
        third[index] = even[index] + even.Stride.StrideExtent + even.IntExtent;
    }

    static void VolumeKernel(Index3D index, ArrayView3D<int, Stride3D.DenseXY> xy, ArrayView3D<int, Stride3D.DenseZY> zy, ArrayView3D<int,
        Stride3D.General> general)
    {
        int value = index.X + 10 * index.Y + 100 * index.Z;
        xy[index] = value;
        zy[index.X, index.Y, index.Z] = value;
        general[index] = value;
    }

    static void ExtentsKernel(Index1D index, ArrayView1D<byte, Stride1D.Dense> line, ArrayView2D<short, Stride2D.DenseX> plane,
        ArrayView3D<int, Stride3D.DenseXY> volume, ArrayView<long> facts)
    {
        facts[0] = line.Length + line.Extent.X;
        facts[1] = line.IntLength + line.IntExtent.X;
        facts[2] = plane.Extent.X * 1000 + plane.Extent.Y;
        facts[3] = plane.IntExtent.X * 1000 + plane.IntExtent.Y;
        facts[4] = plane.Length;
        facts[5] = volume.IntExtent.X * 10000 + volume.IntExtent.Y * 100 + volume.IntExtent.Z;
        facts[6] = volume.IntLength;
        facts[7] = plane.Stride.YStride;
        facts[8] = line.LengthInBytes + plane.LengthInBytes;
        facts[9] = plane.IntExtent.Size + index.X;
    }

    static void SubViewKernel(Index1D index, ArrayView<int> data, int offset, int length)
    {
        ArrayView<int> part = data.SubView(offset, length);
        ArrayView<int> rest = part.SubView(length / 2);
        if (index < rest.Length)
            rest[index] = rest.IntLength + part.IntLength;
    }

    static void SubPlaneKernel(Index1D index, ArrayView2D<int, Stride2D.DenseX> plane, ArrayView<int> sums)
    {
        var window = plane.SubView(new Index2D(index.X, 1), new Index2D(2, 2));
        sums[index] = window[0, 0] + window[0, 1] + window[1, 0] + window[1, 1] + window.IntExtent.X;
    }

    static void ContiguousKernel(Index1D index, ArrayView2D<int, Stride2D.DenseX> plane, ArrayView1D<int, Stride1D.Dense> line,
        ArrayView<int> flat)
    {
        ArrayView<int> all = plane.AsContiguous();
        ArrayView<int> same = line.AsContiguous();
        flat[index] = all[index] - same[index] + plane.BaseView[0];
    }

    static void CastKernel(Index1D index, ArrayView<float> data, ArrayView<uint> bits, ArrayView<byte> bytes)
    {
        bits[index] = data.Cast<uint>()[index];
        bytes.Cast<ushort>()[index] = (ushort)(index.X * 257);
    }

    static void VariableViewKernel(Index1D index, ArrayView<int> data, ArrayView<Pair> pairs)
    {
        VariableView<int> variable = data.VariableView(index);
        variable.Value += 5;
        VariableView<Pair> pair = pairs.VariableView(index);
        pair.SubView<int>(sizeof(int)).Value = variable.Value * 2;
    }

    static void ReshapeKernel(Index2D index, ArrayView1D<int, Stride1D.Dense> line, ArrayView<int> target)
    {
        ArrayView2D<int, Stride2D.DenseX> plane = line.As2DDenseXView(new LongIndex2D(4, 3));
        target[index.X * 3 + index.Y] = plane[index];
    }

    static void ParticlesKernel(Index1D index, ArrayView<Particle> particles, ArrayView<double> energies)
    {
        Particle particle = particles[index];
        particle.Energy = 0.5 * particle.Mass * particle.Id * particle.Id + particle.Charge;
        energies[index] = particle.Energy;
        particle.Id = -particle.Id;
        particles[index] = particle;
    }

    static void FieldsInPlaceKernel(Index1D index, ArrayView<Tagged> data)
    {
        data[index].Pair.Second += data[index].Tag;
        ref Tagged element = ref data[index];
        element.Sum = (long)element.Pair.First + element.Pair.Second;
        element.Pair.First = index.X;
    }

    static void ArgumentsStructKernel(Index2D index, ImageArguments arguments)
    {
        int place = index.Y * arguments.Source.IntExtent.X + index.X;
        arguments.Target[place] = arguments.Source[index] * arguments.Gain;
    }

    static void NestedArgumentsKernel(Index1D index, TwoLevels levels, ArrayView<int> target)
    {
        target[index] = Fetch(levels.Lower, index) + Fetch(levels.Upper, index);
    }

    static int Fetch(Level level, int index) => level.Values[index] + level.Offset;

    static void ChooseViewKernel(Index1D index, ArrayView<int> a, ArrayView<int> b, ArrayView<int> target)
    {
        ArrayView<int> source = index % 2 == 0 ? a : b;
        target[index] = source[index] * (int)source.Length;
    }

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            int[] plane = Scattered(12);
            yield return Implicit("View.TransposeDenseX", TransposeViewsKernel, new Index2D(4, 3), In(plane).DenseX(4, 3),
                Out(12, i => plane[i / 3 + i % 3 * 4]).DenseX(3, 4));
            yield return Implicit("View.DenseXToDenseY", RowsToColumnsKernel, new Index2D(4, 3), In(plane).DenseX(4, 3),
                Out(12, i => plane[i / 3 + i % 3 * 4] + 1).DenseY(4, 3));
            yield return Implicit("View.Pitched", PitchedKernel, new Index2D(3, 2),
                Out(10, i => i % 5 < 3 ? 10 * (i % 5) + i / 5 : 0).DenseX(3, 2, 5),
                Out(12, i => i % 4 < 2 ? 100 * (i / 4) + i % 4 : 0).DenseY(3, 2, 4));
            yield return Implicit("View.General2D", General2DKernel, new Index2D(2, 3),
                In(plane).General(new Index2D(2, 3), new Index2D(6, 2)),
                Out(12, i => i % 4 < 2 ? 2 * plane[i % 4 * 6 + i / 4 * 2] : 0).General(new Index2D(2, 3), new Index2D(1, 4)));
            yield return Implicit("View.General1D", EveryOtherKernel, new Index1D(4), In(plane).Strided(4, 2),
                Out(10, i => i % 3 == 0 ? plane[i / 3 * 2] + 6 : 0).Strided(4, 3));
            yield return Implicit("View.Volume", VolumeKernel, new Index3D(2, 3, 4),
                Out(24, i => i % 2 + 10 * (i / 2 % 3) + 100 * (i / 6)).DenseXY(new Index3D(2, 3, 4)),
                Out(24, i => i / 12 + 10 * (i / 4 % 3) + 100 * (i % 4)).DenseZY(new Index3D(2, 3, 4)),
                Out(24, i => i % 2 + 10 * (i / 8) + 100 * (i / 2 % 4)).General(new Index3D(2, 3, 4), new Index3D(1, 8, 2)));
            yield return Implicit("View.Extents", ExtentsKernel, new Index1D(1), In(new byte[9]).Dense, In(new short[20]).DenseX(4, 3, 5),
                In(new int[24]).DenseXY(new Index3D(2, 3, 4)),
                Out<long>(18, 18, 4003, 4003, 14, 20304, 24, 5, 9 + 2 * 14, 12));
            yield return Implicit("View.SubView", SubViewKernel, new Index1D(8), Out(12, i => i is >= 5 and < 9 ? 4 + 7 : 0), 2, 7);
            yield return Implicit("View.SubPlane", SubPlaneKernel, new Index1D(3), In(plane).DenseX(4, 3),
                Out(3, i => plane[4 + i] + plane[5 + i] + plane[8 + i] + plane[9 + i] + 2));
            yield return Implicit("View.AsContiguous", ContiguousKernel, new Index1D(12), In(plane).DenseX(4, 3),
                In(Fill(12, i => i)).Dense, Out(12, i => plane[i] - i + plane[0]));
            float[] fractions = Fractions(16);
            yield return Implicit("View.Cast", CastKernel, new Index1D(16), In(fractions),
                Out(16, i => BitConverter.SingleToUInt32Bits(fractions[i])), Out(32, i => (byte)(i / 2)));
            yield return Implicit("View.VariableView", VariableViewKernel, new Index1D(12), InOut(plane, Fill(12, i => plane[i] + 5)),
                Out(12, i => new Pair { Second = 2 * (plane[i] + 5) }));
            yield return Implicit("View.Reshape", ReshapeKernel, new Index2D(4, 3), In(plane).Dense,
                Out(12, i => plane[i / 3 + i % 3 * 4]));
            Particle[] particles = Fill(10, i => new Particle { Mass = i / 4f, Id = i, Charge = (short)(3 - i), Energy = -1 });
            double Energy(int i) => .5 * (i / 4.0) * i * i + 3 - i;
            yield return Implicit("View.Particles", ParticlesKernel, new Index1D(10),
                InOut(particles, Fill(10, i => particles[i] with { Id = -i, Energy = Energy(i) })), Out(10, Energy));
            Tagged[] tagged = Fill(9, i => new Tagged { Tag = (byte)(200 + i), Pair = new Pair { First = 1000 * i, Second = -i } });
            yield return Implicit("View.FieldsInPlace", FieldsInPlaceKernel, new Index1D(9),
                InOut(tagged, Fill(9, i => new Tagged
                {
                    Tag = (byte)(200 + i),
                    Pair = new Pair { First = i, Second = 200 },
                    Sum = 1000 * i + 200
                })));
            KernelBuffer<float> source = In(Fractions(12)), target = Out(12, i => 1.5f * Fractions(12)[i]);
            yield return Implicit("View.StructOfViews", ArgumentsStructKernel, new Index2D(4, 3),
                new BuiltArgument(memory => new ImageArguments
                {
                    Source = new ArrayView2D<float, Stride2D.DenseX>(memory.View(source), new LongIndex2D(4, 3), new Stride2D.DenseX(4)),
                    Target = memory.View(target),
                    Gain = 1.5f,
                }));
            KernelBuffer<int> lower = In(plane), upper = In(Scattered(12, 2));
            yield return Implicit("View.NestedStructOfViews", NestedArgumentsKernel, new Index1D(12),
                new BuiltArgument(memory => new TwoLevels
                {
                    Lower = new Level { Values = memory.View(lower), Offset = 3 },
                    Upper = new Level { Values = memory.View(upper), Offset = -1 },
                }), Out(12, i => plane[i] + Scattered(12, 2)[i] + 2));
            yield return Implicit("View.Choose", ChooseViewKernel, new Index1D(10), In(plane), In(Scattered(10, 3)),
                Out(10, i => i % 2 == 0 ? plane[i] * 12 : Scattered(10, 3)[i] * 10));
        }
    }
}
