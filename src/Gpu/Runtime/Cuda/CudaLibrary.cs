using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>
/// The driver itself: <c>libcuda.so.1</c> or <c>nvcuda.dll</c>, which comes with the card's driver and is looked for when it is first asked for. What drivers
/// before CUDA 11.4 lack (memory pools, graphs) is answered with <see cref="CudaStatus.NotSupported"/>.
/// </summary>
sealed unsafe class CudaLibrary : CudaApi
{
    static readonly Lazy<CudaLibrary?> Loaded = new(Load);

    readonly nint library;
    readonly delegate* unmanaged<uint, int> init;
    readonly delegate* unmanaged<int*, int> driverGetVersion;
    readonly delegate* unmanaged<int, byte**, int> getErrorName;
    readonly delegate* unmanaged<int, byte**, int> getErrorString;
    readonly delegate* unmanaged<int*, int> deviceGetCount;
    readonly delegate* unmanaged<int*, int, int> deviceGet;
    readonly delegate* unmanaged<byte*, int, int, int> deviceGetName;
    readonly delegate* unmanaged<nuint*, int, int> deviceTotalMem;
    readonly delegate* unmanaged<int*, int, int, int> deviceGetAttribute;
    readonly delegate* unmanaged<nint*, int, int> devicePrimaryCtxRetain;
    readonly delegate* unmanaged<int, int> devicePrimaryCtxRelease;
    readonly delegate* unmanaged<nint, int> ctxSetCurrent;
    readonly delegate* unmanaged<uint, int*, void**, nint*, int> linkCreate;
    readonly delegate* unmanaged<nint, int, void*, nuint, byte*, uint, int*, void**, int> linkAddData;
    readonly delegate* unmanaged<nint, void**, nuint*, int> linkComplete;
    readonly delegate* unmanaged<nint, int> linkDestroy;
    readonly delegate* unmanaged<nint*, void*, int> moduleLoadData;
    readonly delegate* unmanaged<nint, int> moduleUnload;
    readonly delegate* unmanaged<nint*, nint, byte*, int> moduleGetFunction;
    readonly delegate* unmanaged<int*, int, nint, int> funcGetAttribute;
    readonly delegate* unmanaged<int*, nint, int, nuint, int> occupancyMaxActiveBlocksPerMultiprocessor;
    readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> launchKernel;
    readonly delegate* unmanaged<nint*, uint, int> streamCreate;
    readonly delegate* unmanaged<nint, int> streamDestroy;
    readonly delegate* unmanaged<nint, int> streamSynchronize;
    readonly delegate* unmanaged<nint, int, int> streamBeginCapture;
    readonly delegate* unmanaged<nint, nint*, int> streamEndCapture;
    readonly delegate* unmanaged<nint*, nint, ulong, int> graphInstantiate;
    readonly delegate* unmanaged<nint, int> graphDestroy;
    readonly delegate* unmanaged<nint, nint, int> graphLaunch;
    readonly delegate* unmanaged<nint, int> graphExecDestroy;
    readonly delegate* unmanaged<nint*, uint, int> eventCreate;
    readonly delegate* unmanaged<nint, nint, int> eventRecord;
    readonly delegate* unmanaged<nint, int> eventSynchronize;
    readonly delegate* unmanaged<float*, nint, nint, int> eventElapsedTime;
    readonly delegate* unmanaged<nint, int> eventDestroy;
    readonly delegate* unmanaged<nint*, nuint, int> memAlloc;
    readonly delegate* unmanaged<nint, int> memFree;
    readonly delegate* unmanaged<nint*, nuint, nint, int> memAllocAsync;
    readonly delegate* unmanaged<nint, nint, int> memFreeAsync;
    readonly delegate* unmanaged<nint*, int, int> deviceGetDefaultMemPool;
    readonly delegate* unmanaged<nint, int, void*, int> memPoolSetAttribute;
    readonly delegate* unmanaged<nint, nuint, int> memPoolTrimTo;
    readonly delegate* unmanaged<nuint*, nuint*, int> memGetInfo;
    readonly delegate* unmanaged<void**, nuint, uint, int> memHostAlloc;
    readonly delegate* unmanaged<void*, int> memFreeHost;
    readonly delegate* unmanaged<nint, void*, nuint, nint, int> memcpyHtoDAsync;
    readonly delegate* unmanaged<void*, nint, nuint, nint, int> memcpyDtoHAsync;
    readonly delegate* unmanaged<nint, nint, nuint, nint, int> memcpyDtoDAsync;
    readonly delegate* unmanaged<nint, byte, nuint, nint, int> memsetD8Async;

    CudaLibrary(nint library)
    {
        this.library = library;
        init = (delegate* unmanaged<uint, int>)Export("cuInit");
        driverGetVersion = (delegate* unmanaged<int*, int>)Export("cuDriverGetVersion");
        getErrorName = (delegate* unmanaged<int, byte**, int>)Export("cuGetErrorName");
        getErrorString = (delegate* unmanaged<int, byte**, int>)Export("cuGetErrorString");
        deviceGetCount = (delegate* unmanaged<int*, int>)Export("cuDeviceGetCount");
        deviceGet = (delegate* unmanaged<int*, int, int>)Export("cuDeviceGet");
        deviceGetName = (delegate* unmanaged<byte*, int, int, int>)Export("cuDeviceGetName");
        deviceTotalMem = (delegate* unmanaged<nuint*, int, int>)Export("cuDeviceTotalMem_v2");
        deviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)Export("cuDeviceGetAttribute");
        devicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)Export("cuDevicePrimaryCtxRetain");
        devicePrimaryCtxRelease = (delegate* unmanaged<int, int>)Export("cuDevicePrimaryCtxRelease");
        ctxSetCurrent = (delegate* unmanaged<nint, int>)Export("cuCtxSetCurrent");
        linkCreate = (delegate* unmanaged<uint, int*, void**, nint*, int>)Export("cuLinkCreate_v2");
        linkAddData = (delegate* unmanaged<nint, int, void*, nuint, byte*, uint, int*, void**, int>)Export("cuLinkAddData_v2");
        linkComplete = (delegate* unmanaged<nint, void**, nuint*, int>)Export("cuLinkComplete");
        linkDestroy = (delegate* unmanaged<nint, int>)Export("cuLinkDestroy");
        moduleLoadData = (delegate* unmanaged<nint*, void*, int>)Export("cuModuleLoadData");
        moduleUnload = (delegate* unmanaged<nint, int>)Export("cuModuleUnload");
        moduleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Export("cuModuleGetFunction");
        funcGetAttribute = (delegate* unmanaged<int*, int, nint, int>)Export("cuFuncGetAttribute");
        occupancyMaxActiveBlocksPerMultiprocessor =
            (delegate* unmanaged<int*, nint, int, nuint, int>)Export("cuOccupancyMaxActiveBlocksPerMultiprocessor");
        launchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**,
            int>)Export("cuLaunchKernel");
        streamCreate = (delegate* unmanaged<nint*, uint, int>)Export("cuStreamCreate");
        streamDestroy = (delegate* unmanaged<nint, int>)Export("cuStreamDestroy_v2");
        streamSynchronize = (delegate* unmanaged<nint, int>)Export("cuStreamSynchronize");
        streamBeginCapture = (delegate* unmanaged<nint, int, int>)Optional("cuStreamBeginCapture_v2");
        streamEndCapture = (delegate* unmanaged<nint, nint*, int>)Optional("cuStreamEndCapture");
        graphInstantiate = (delegate* unmanaged<nint*, nint, ulong, int>)Optional("cuGraphInstantiateWithFlags");
        graphDestroy = (delegate* unmanaged<nint, int>)Optional("cuGraphDestroy");
        graphLaunch = (delegate* unmanaged<nint, nint, int>)Optional("cuGraphLaunch");
        graphExecDestroy = (delegate* unmanaged<nint, int>)Optional("cuGraphExecDestroy");
        eventCreate = (delegate* unmanaged<nint*, uint, int>)Export("cuEventCreate");
        eventRecord = (delegate* unmanaged<nint, nint, int>)Export("cuEventRecord");
        eventSynchronize = (delegate* unmanaged<nint, int>)Export("cuEventSynchronize");
        eventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)Export("cuEventElapsedTime");
        eventDestroy = (delegate* unmanaged<nint, int>)Export("cuEventDestroy_v2");
        memAlloc = (delegate* unmanaged<nint*, nuint, int>)Export("cuMemAlloc_v2");
        memFree = (delegate* unmanaged<nint, int>)Export("cuMemFree_v2");
        memAllocAsync = (delegate* unmanaged<nint*, nuint, nint, int>)Optional("cuMemAllocAsync");
        memFreeAsync = (delegate* unmanaged<nint, nint, int>)Optional("cuMemFreeAsync");
        deviceGetDefaultMemPool = (delegate* unmanaged<nint*, int, int>)Optional("cuDeviceGetDefaultMemPool");
        memPoolSetAttribute = (delegate* unmanaged<nint, int, void*, int>)Optional("cuMemPoolSetAttribute");
        memPoolTrimTo = (delegate* unmanaged<nint, nuint, int>)Optional("cuMemPoolTrimTo");
        memGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)Export("cuMemGetInfo_v2");
        memHostAlloc = (delegate* unmanaged<void**, nuint, uint, int>)Export("cuMemHostAlloc");
        memFreeHost = (delegate* unmanaged<void*, int>)Export("cuMemFreeHost");
        memcpyHtoDAsync = (delegate* unmanaged<nint, void*, nuint, nint, int>)Export("cuMemcpyHtoDAsync_v2");
        memcpyDtoHAsync = (delegate* unmanaged<void*, nint, nuint, nint, int>)Export("cuMemcpyDtoHAsync_v2");
        memcpyDtoDAsync = (delegate* unmanaged<nint, nint, nuint, nint, int>)Export("cuMemcpyDtoDAsync_v2");
        memsetD8Async = (delegate* unmanaged<nint, byte, nuint, nint, int>)Export("cuMemsetD8Async");
    }

    /// <summary>The name of the library on this system.</summary>
    public static string FileName => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /// <summary>The driver's functions; null if there is none on this machine, or one older than CUDA 9.</summary>
    public static CudaLibrary? Instance => Loaded.Value;

    public override int Init(uint flags) => init(flags);

    public override int DriverGetVersion(int* version) => driverGetVersion(version);

    public override int GetErrorName(int code, byte** text) => getErrorName(code, text);

    public override int GetErrorString(int code, byte** text) => getErrorString(code, text);

    public override int DeviceGetCount(int* count) => deviceGetCount(count);

    public override int DeviceGet(int* device, int ordinal) => deviceGet(device, ordinal);

    public override int DeviceGetName(byte* name, int length, int device) => deviceGetName(name, length, device);

    public override int DeviceTotalMem(nuint* bytes, int device) => deviceTotalMem(bytes, device);

    public override int DeviceGetAttribute(int* value, int attribute, int device) => deviceGetAttribute(value, attribute, device);

    public override int DevicePrimaryCtxRetain(nint* context, int device) => devicePrimaryCtxRetain(context, device);

    public override int DevicePrimaryCtxRelease(int device) => devicePrimaryCtxRelease(device);

    public override int CtxSetCurrent(nint context) => ctxSetCurrent(context);

    public override int LinkCreate(uint count, int* options, void** values, nint* state) => linkCreate(count, options, values, state);

    public override int LinkAddData(nint state, int type, void* data, nuint size, byte* name, uint count, int* options, void** values) =>
        linkAddData(state, type, data, size, name, count, options, values);

    public override int LinkComplete(nint state, void** binary, nuint* size) => linkComplete(state, binary, size);

    public override int LinkDestroy(nint state) => linkDestroy(state);

    public override int ModuleLoadData(nint* module, void* binary) => moduleLoadData(module, binary);

    public override int ModuleUnload(nint module) => moduleUnload(module);

    public override int ModuleGetFunction(nint* function, nint module, byte* name) => moduleGetFunction(function, module, name);

    public override int FuncGetAttribute(int* value, int attribute, nint function) => funcGetAttribute(value, attribute, function);

    public override int OccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, nint function, int threads, nuint sharedBytes) =>
        occupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, sharedBytes);

    public override int LaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** parameters, void** extra) =>
        launchKernel(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, parameters, extra);

    public override int StreamCreate(nint* stream, uint flags) => streamCreate(stream, flags);

    public override int StreamDestroy(nint stream) => streamDestroy(stream);

    public override int StreamSynchronize(nint stream) => streamSynchronize(stream);

    public override int StreamBeginCapture(nint stream, int mode) =>
        streamBeginCapture == null ? CudaStatus.NotSupported : streamBeginCapture(stream, mode);

    public override int StreamEndCapture(nint stream, nint* graph) =>
        streamEndCapture == null ? CudaStatus.NotSupported : streamEndCapture(stream, graph);

    public override int GraphInstantiate(nint* executable, nint graph, ulong flags) =>
        graphInstantiate == null ? CudaStatus.NotSupported : graphInstantiate(executable, graph, flags);

    public override int GraphDestroy(nint graph) => graphDestroy == null ? CudaStatus.NotSupported : graphDestroy(graph);

    public override int GraphLaunch(nint executable, nint stream) =>
        graphLaunch == null ? CudaStatus.NotSupported : graphLaunch(executable, stream);

    public override int GraphExecDestroy(nint executable) =>
        graphExecDestroy == null ? CudaStatus.NotSupported : graphExecDestroy(executable);

    public override int EventCreate(nint* created, uint flags) => eventCreate(created, flags);

    public override int EventRecord(nint recorded, nint stream) => eventRecord(recorded, stream);

    public override int EventSynchronize(nint recorded) => eventSynchronize(recorded);

    public override int EventElapsedTime(float* milliseconds, nint start, nint end) => eventElapsedTime(milliseconds, start, end);

    public override int EventDestroy(nint destroyed) => eventDestroy(destroyed);

    public override int MemAlloc(nint* address, nuint bytes) => memAlloc(address, bytes);

    public override int MemFree(nint address) => memFree(address);

    public override int MemAllocAsync(nint* address, nuint bytes, nint stream) =>
        memAllocAsync == null ? CudaStatus.NotSupported : memAllocAsync(address, bytes, stream);

    public override int MemFreeAsync(nint address, nint stream) =>
        memFreeAsync == null ? CudaStatus.NotSupported : memFreeAsync(address, stream);

    public override int DeviceGetDefaultMemPool(nint* pool, int device) =>
        deviceGetDefaultMemPool == null ? CudaStatus.NotSupported : deviceGetDefaultMemPool(pool, device);

    public override int MemPoolSetAttribute(nint pool, int attribute, void* value) =>
        memPoolSetAttribute == null ? CudaStatus.NotSupported : memPoolSetAttribute(pool, attribute, value);

    public override int MemPoolTrimTo(nint pool, nuint bytes) =>
        memPoolTrimTo == null ? CudaStatus.NotSupported : memPoolTrimTo(pool, bytes);

    public override int MemGetInfo(nuint* free, nuint* all) => memGetInfo(free, all);

    public override int MemHostAlloc(void** memory, nuint bytes, uint flags) => memHostAlloc(memory, bytes, flags);

    public override int MemFreeHost(void* memory) => memFreeHost(memory);

    public override int MemcpyHtoDAsync(nint target, void* source, nuint bytes, nint stream) =>
        memcpyHtoDAsync(target, source, bytes, stream);

    public override int MemcpyDtoHAsync(void* target, nint source, nuint bytes, nint stream) =>
        memcpyDtoHAsync(target, source, bytes, stream);

    public override int MemcpyDtoDAsync(nint target, nint source, nuint bytes, nint stream) =>
        memcpyDtoDAsync(target, source, bytes, stream);

    public override int MemsetD8Async(nint target, byte value, nuint count, nint stream) => memsetD8Async(target, value, count, stream);

    void* Export(string name) => (void*)NativeLibrary.GetExport(library, name);

    void* Optional(string name) => NativeLibrary.TryGetExport(library, name, out nint address) ? (void*)address : null;

    static CudaLibrary? Load()
    {
        if (!NativeLibrary.TryLoad(FileName, out nint library))
            return null;
        try
        {
            return new CudaLibrary(library);
        }
        catch (EntryPointNotFoundException)
        {
            NativeLibrary.Free(library);
            return null;
        }
    }
}
