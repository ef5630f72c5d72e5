using Dalle2.Gpu.Runtime;

namespace Dalle2.Standalone;

/// <summary>A program of its own: lists all devices, opens those that are named, and then divides in plain C#. Says what .NET threw.</summary>
public static class Program
{
    public static int Main(string[] devices)
    {
        _ = Device.All();
        foreach (string name in devices)
        {
            using Device device = Device.Open(name);
            using Buffer<int> x = device.Allocate<int>(4);
            device.Stream.Write<int>([1, 2, 3, 0], x.View);
            device.Stream.Launch(SampleKernels.Reciprocal, 4, x.View);
            device.Stream.Synchronize();
        }

        int zero = devices.Length - devices.Length, minusOne = zero - 1;
        Console.WriteLine(Thrown(() => 10 / zero));
        Console.WriteLine(Thrown(() => (int.MinValue + zero) / minusOne));
        return 0;
    }

    static string Thrown(Func<int> divide)
    {
        try
        {
            return divide().ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (ArithmeticException e)
        {
            return e.GetType().Name;
        }
    }
}
