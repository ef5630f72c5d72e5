using System.Text.Json.Nodes;

namespace Dalle2.Cli;

/// <summary>One part of a step; all figures are means of a step.</summary>
/// <param name="Kind">kernel, dispatch, transfer or host.</param>
/// <param name="Name">The kernel, or what the host does.</param>
/// <param name="Calls">How often.</param>
/// <param name="Milliseconds">How long in all.</param>
/// <param name="Flops">Floating-point operations; 0 where the launches do not tell.</param>
/// <param name="Bytes">The extents of what is read and written; 0 of the host's own work.</param>
/// <param name="LeastMilliseconds">What the device's peaks allow for so much; 0 if it is not told.</param>
sealed record ProfileRow(string Kind, string Name, double Calls, double Milliseconds, double Flops, double Bytes, double LeastMilliseconds)
{
    public double Gflops => Flops / Milliseconds / 1e6;

    public double GigabytesPerSecond => Bytes / Milliseconds / 1e6;

    public double RoofShare => LeastMilliseconds / Milliseconds;

    public JsonObject ToJson(double stepMilliseconds) => new()
    {
        ["kind"] = Kind,
        ["name"] = Name,
        ["calls"] = Calls,
        ["ms"] = Milliseconds,
        ["gflops"] = Flops > 0 ? Terminal.Number(Gflops) : null,
        ["gbs"] = Bytes > 0 ? Terminal.Number(GigabytesPerSecond) : null,
        ["roof"] = LeastMilliseconds > 0 ? Terminal.Number(RoofShare) : null,
        ["share"] = Terminal.Number(Milliseconds / stepMilliseconds),
    };

    public static ProfileRow FromJson(JsonNode json)
    {
        double ms = (double)json["ms"]!;
        return new ProfileRow((string)json["kind"]!, (string)json["name"]!, (double)json["calls"]!, ms,
            ((double?)json["gflops"] ?? 0) * ms * 1e6, ((double?)json["gbs"] ?? 0) * ms * 1e6, ((double?)json["roof"] ?? 0) * ms);
    }
}
