namespace Dalle2.Gpu.Runtime.OpenCl;

/// <summary>The four numbers on the device that the first failing thread of a launch writes.</summary>
sealed unsafe class FailureReport : IDisposable
{
    const int Bytes = 4 * sizeof(long);

    readonly OpenClApi api;
    readonly nint queue;

    public FailureReport(OpenClApi api, nint context, nint queue)
    {
        this.api = api;
        this.queue = queue;
        int code;
        Memory = api.CreateBuffer(context, 1 /* read and write */, Bytes, null, &code);
        OpenClStatus.Require(code, "allocating the report of checks");
        Clear();
    }

    public nint Memory { get; }

    /// <summary>Waits for the launch; what failed, or null.</summary>
    public CheckFailure? Read()
    {
        long* numbers = stackalloc long[4];
        OpenClStatus.Require(api.EnqueueReadBuffer(queue, Memory, 1, 0, Bytes, numbers, 0, null, null), "reading the report of checks");
        if (numbers[0] == 0)
            return null;
        Clear();
        return new CheckFailure(unchecked((int)numbers[1]), numbers[2], numbers[3]);
    }

    public void Dispose() => api.ReleaseMemObject(Memory);

    void Clear()
    {
        long zero = 0;
        OpenClStatus.Require(api.EnqueueFillBuffer(queue, Memory, &zero, sizeof(long), 0, Bytes, 0, null, null),
            "clearing the report of checks");
    }
}
