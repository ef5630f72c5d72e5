using System.Text.Json.Nodes;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Dalle2.Card;

/// <summary>The tests of the CUDA device, without a test host: those on a stand-in for the driver run everywhere, those on a card where there is one.</summary>
static class TestSection
{
    const string Namespace = "Dalle2.Tests.Gpu.Cuda";

    // Minutes in the interpreter of PTX, of which no machine changes anything; on a card, the same is in one test of every op.
    static readonly Type[] Interpreted =
        [typeof(Tests.Gpu.Cuda.MatrixProductTests), typeof(Tests.Gpu.Cuda.CardProductTests), typeof(Tests.Gpu.Cuda.CudaOpCaseTests)];

    public static JsonObject Run()
    {
        var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
        runner.Load(typeof(Tests.ArchitectureTests).Assembly, new Dictionary<string, object>());
        var listener = new Listener();
        string without = string.Concat(Interpreted.Select(test => $"<not><class>{test.FullName}</class></not>"));
        runner.Run(listener, TestFilter.FromXml($"<filter><and><namespace>{Namespace}</namespace>{without}</and></filter>"));
        JsonObject result = Section.Measured(
            Section.Table("", ["passed", "failed", "skipped"], [[listener.Passed, listener.Failed.Count, listener.Skipped.Count]]),
            Section.Table("", ["test", "outcome"], listener.Failed.Concat(listener.Skipped)
            .Select(test => (JsonNode?[])[test.Name, test.Message])));
        if (listener.Failed.Count > 0 || listener.Passed == 0)
        {
            (result["status"], result["reason"]) = ("failed",
                listener.Passed == 0 ? "no test ran" : $"{listener.Failed.Count} tests failed");
        }

        return result;
    }

    sealed class Listener : ITestListener
    {
        public int Passed { get; private set; }

        public List<(string Name, string Message)> Failed { get; } = [];

        public List<(string Name, string Message)> Skipped { get; } = [];

        public void TestStarted(ITest test)
        {
        }

        public void TestFinished(ITestResult result)
        {
            if (result.Test.IsSuite)
                return;
            if (result.ResultState.Status == TestStatus.Passed)
                Passed++;
            else if (result.ResultState.Status == TestStatus.Skipped)
                Skipped.Add((result.FullName, $"not measured: {result.Message}"));
            else
                Failed.Add((result.FullName, $"{result.ResultState}: {result.Message}"));
        }

        public void TestOutput(TestOutput output)
        {
        }

        public void SendMessage(TestMessage message)
        {
        }
    }
}
