using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Cli;

/// <summary><c>devices</c>: what is here, and why a device is refused.</summary>
sealed class DevicesVerb() : Verb("devices", "List the devices that can compute here, and why one is refused.")
{
    public override IReadOnlyList<string> Examples => ["dalle2 devices", "dalle2 devices --json"];

    public override IReadOnlyList<string> Notes =>
        ["JSON: [{name, kind, available, reason}]. A device is chosen with --device NAME; there is no quiet fallback to another one."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        IReadOnlyList<DeviceDescription> devices = Device.All();
        terminal.Result(
            () => new JsonArray([.. devices.Select(device => new JsonObject
            {
                ["name"] = device.Name,
                ["kind"] = device.Kind,
                ["available"] = device.Available,
                ["reason"] = device.Reason,
            })]),
            text => text.Table(["device", "kind", "available", "what it is"],
            devices.Select(device => (string[])[device.Name, device.Kind, device.Available ? "yes" : "no", device.Reason])));
        return ExitCode.Ok;
    }
}
