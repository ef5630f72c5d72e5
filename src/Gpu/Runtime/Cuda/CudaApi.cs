namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>
/// The functions of the CUDA driver that the runtime calls, with the driver's own names and arguments, less the prefix <c>cu</c> and the suffixes of
/// versions. Each returns a code of <see cref="CudaStatus"/>. A class, so that tests can put themselves in the driver's place.
/// </summary>
abstract unsafe class CudaApi
{
    public abstract int Init(uint flags);

    public abstract int DriverGetVersion(int* version);

    public abstract int GetErrorName(int code, byte** text);

    public abstract int GetErrorString(int code, byte** text);

    public abstract int DeviceGetCount(int* count);

    public abstract int DeviceGet(int* device, int ordinal);

    public abstract int DeviceGetName(byte* name, int length, int device);

    public abstract int DeviceTotalMem(nuint* bytes, int device);

    public abstract int DeviceGetAttribute(int* value, int attribute, int device);

    public abstract int DevicePrimaryCtxRetain(nint* context, int device);

    public abstract int DevicePrimaryCtxRelease(int device);

    public abstract int CtxSetCurrent(nint context);

    public abstract int LinkCreate(uint count, int* options, void** values, nint* state);

    public abstract int LinkAddData(nint state, int type, void* data, nuint size, byte* name, uint count, int* options, void** values);

    public abstract int LinkComplete(nint state, void** binary, nuint* size);

    public abstract int LinkDestroy(nint state);

    public abstract int ModuleLoadData(nint* module, void* binary);

    public abstract int ModuleUnload(nint module);

    public abstract int ModuleGetFunction(nint* function, nint module, byte* name);

    public abstract int FuncGetAttribute(int* value, int attribute, nint function);

    public abstract int OccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, nint function, int threads, nuint sharedBytes);

    public abstract int LaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** parameters, void** extra);

    public abstract int StreamCreate(nint* stream, uint flags);

    public abstract int StreamDestroy(nint stream);

    public abstract int StreamSynchronize(nint stream);

    public abstract int StreamBeginCapture(nint stream, int mode);

    public abstract int StreamEndCapture(nint stream, nint* graph);

    public abstract int GraphInstantiate(nint* executable, nint graph, ulong flags);

    public abstract int GraphDestroy(nint graph);

    public abstract int GraphLaunch(nint executable, nint stream);

    public abstract int GraphExecDestroy(nint executable);

    public abstract int EventCreate(nint* created, uint flags);

    public abstract int EventRecord(nint recorded, nint stream);

    public abstract int EventSynchronize(nint recorded);

    public abstract int EventElapsedTime(float* milliseconds, nint start, nint end);

    public abstract int EventDestroy(nint destroyed);

    public abstract int MemAlloc(nint* address, nuint bytes);

    public abstract int MemFree(nint address);

    public abstract int MemAllocAsync(nint* address, nuint bytes, nint stream);

    public abstract int MemFreeAsync(nint address, nint stream);

    public abstract int DeviceGetDefaultMemPool(nint* pool, int device);

    public abstract int MemPoolSetAttribute(nint pool, int attribute, void* value);

    public abstract int MemPoolTrimTo(nint pool, nuint bytes);

    public abstract int MemGetInfo(nuint* free, nuint* all);

    public abstract int MemHostAlloc(void** memory, nuint bytes, uint flags);

    public abstract int MemFreeHost(void* memory);

    public abstract int MemcpyHtoDAsync(nint target, void* source, nuint bytes, nint stream);

    public abstract int MemcpyDtoHAsync(void* target, nint source, nuint bytes, nint stream);

    public abstract int MemcpyDtoDAsync(nint target, nint source, nuint bytes, nint stream);

    public abstract int MemsetD8Async(nint target, byte value, nuint count, nint stream);
}
