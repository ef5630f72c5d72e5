using System.Reflection;
using System.Runtime.InteropServices;

namespace Dalle2.Data;

/// <summary>The few functions of libjpeg-turbo's TurboJPEG API that decoding needs. They are the same in its versions 1.4 to 3.</summary>
internal sealed unsafe class TurboJpegLibrary
{
    public const int PixelRgba = 7, PixelCmyk = 11;
    public const int SpaceCmyk = 3, SpaceYcck = 4;

    private static readonly string[] Names = ["libturbojpeg.so.0", "libturbojpeg.so", "turbojpeg.dll", "libturbojpeg.dll", "libturbojpeg.0.dylib", "libturbojpeg.dylib"];

    private static readonly Lazy<TurboJpegLibrary?> Loaded = new(TryLoad);

    private readonly delegate* unmanaged[Cdecl]<nint> _initDecompress;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _destroy;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, CULong, int*, int*, int*, int*, int> _header;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, CULong, byte*, int, int, int, int, int, int> _decompress;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*> _error;

    private TurboJpegLibrary(nint library)
    {
        _initDecompress = (delegate* unmanaged[Cdecl]<nint>)NativeLibrary.GetExport(library, "tjInitDecompress");
        _destroy = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "tjDestroy");
        _header = (delegate* unmanaged[Cdecl]<nint, byte*, CULong, int*, int*, int*, int*, int>)NativeLibrary.GetExport(library, "tjDecompressHeader3");
        _decompress = (delegate* unmanaged[Cdecl]<nint, byte*, CULong, byte*, int, int, int, int, int, int>)NativeLibrary.GetExport(library, "tjDecompress2");
        _error = (delegate* unmanaged[Cdecl]<nint, byte*>)NativeLibrary.GetExport(library, "tjGetErrorStr2");
    }

    /// <summary>The library, or null when it is not on this machine.</summary>
    public static TurboJpegLibrary? Instance => Loaded.Value;

    public nint Open() => _initDecompress();

    public void Close(nint handle) => _ = _destroy(handle);

    public bool Header(nint handle, ReadOnlySpan<byte> file, out int width, out int height, out int colourSpace)
    {
        int w = 0, h = 0, subsampling = 0, space = 0;
        int result;
        fixed (byte* p = file)
        {
            result = _header(handle, p, new CULong((nuint)file.Length), &w, &h, &subsampling, &space);
        }
        (width, height, colourSpace) = (w, h, space);
        return result == 0;
    }

    public bool Decompress(nint handle, ReadOnlySpan<byte> file, Span<byte> target, int width, int height, int pixelFormat)
    {
        fixed (byte* p = file, t = target)
        {
            return _decompress(handle, p, new CULong((nuint)file.Length), t, width, 0, height, pixelFormat, 0) == 0;
        }
    }

    public string Error(nint handle) => Marshal.PtrToStringUTF8((nint)_error(handle)) ?? "no reason given";

    private static TurboJpegLibrary? TryLoad()
    {
        foreach (string name in Names)
        {
            if (NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), null, out nint library))
            {
                return new TurboJpegLibrary(library);
            }
        }
        return null;
    }
}
