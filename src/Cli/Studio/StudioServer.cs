using System.Net;
using System.Net.Sockets;
using Dalle2.Data;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dalle2.Cli.Studio;

/// <summary>The studio's server. What it does not bound by itself, Kestrel does: connections, headers, bodies, and how slowly they may come.</summary>
sealed class StudioServer : IDisposable
{
    // A picture that a person brings along.
    internal const int LargestBody = 32 << 20;

    const int MostConnections = 128, LongestLine = 8 << 10, LargestHeaders = 16 << 10, MostHeaders = 64;

    static readonly TimeSpan HeadersTime = TimeSpan.FromSeconds(10), IdleTime = TimeSpan.FromMinutes(2), EndTime = TimeSpan.FromSeconds(2);

    readonly WebApplication application;
    readonly EventHub hub;
    readonly JobQueue jobs;
    readonly GeneratorCache generators;

    StudioServer(WebApplication application, EventHub hub, JobQueue jobs, GeneratorCache generators) =>
        (this.application, this.hub, this.jobs, this.generators) = (application, hub, jobs, generators);

    /// <summary>The address for a browser.</summary>
    public required string Address { get; init; }

    /// <summary>Whether an address is of this machine alone.</summary>
    /// <exception cref="UserInputException">It is no address.</exception>
    public static bool IsLoopback(string host) => host == "localhost" || IPAddress.IsLoopback(Parse(host));

    /// <summary>Starts to listen.</summary>
    /// <exception cref="UserInputException">The address cannot be listened at.</exception>
    public static StudioServer Start(StudioOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddRouting();
        // Signals are the program's own.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = EndTime);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        WebApplication application = builder.Build();
        var hub = new EventHub();
        var jobs = new JobQueue(hub);
        var generators = new GeneratorCache(options);
        try
        {
            application.Use(new StudioGate(options).Pass);
            new StudioEndpoints(options, new RunLibrary(options.Runs), jobs, generators, hub).Map(application);
            application.StartAsync().GetAwaiter().GetResult();
            int port = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!
                .Addresses.First()).Port;
            return new StudioServer(application, hub, jobs, generators)
            {
                Address = $"http://{NameOf(options.Host)}:{port}/{(options.Token is { } token ? $"?token={token}" : "")}",
            };
        }
        catch (Exception fault) when (fault is IOException or SocketException or InvalidOperationException)
        {
            ((IDisposable)application).Dispose();
            throw new UserInputException($"{options.Host}:{options.Port} cannot be listened at ({fault.Message.TrimEnd('.')}). Another "
                + "studio may be open there; take another port with --port, or 0 for a free one", fault);
        }
    }

    /// <summary>Ends: jobs come to their end first.</summary>
    public void Dispose()
    {
        jobs.Dispose();
        hub.CloseAll();
        application.StopAsync().GetAwaiter().GetResult();
        ((IDisposable)application).Dispose();
        generators.Dispose();
    }

    static void Configure(KestrelServerOptions kestrel, StudioOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestBodySize = LargestBody;
        kestrel.Limits.MaxRequestLineSize = LongestLine;
        kestrel.Limits.MaxRequestHeadersTotalSize = LargestHeaders;
        kestrel.Limits.MaxRequestHeaderCount = MostHeaders;
        kestrel.Limits.RequestHeadersTimeout = HeadersTime;
        kestrel.Limits.KeepAliveTimeout = IdleTime;
        if (options.Host == "localhost" && options.Port != 0)
            kestrel.ListenLocalhost(options.Port);
        else
            kestrel.Listen(options.Host == "localhost" ? IPAddress.Loopback : Parse(options.Host), options.Port);
    }

    // Every address of the machine is one that its name has.
    static string NameOf(string host)
    {
        if (host == "localhost")
            return host;
        IPAddress address = Parse(host);
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? Dns.GetHostName()
            : address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : host;
    }

    static IPAddress Parse(string host) => host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(host, out IPAddress? address) ? address
        : throw new UserInputException(
            $"--host {VisibleText.Of(host)}: give an address of this machine such as 127.0.0.1, or 0.0.0.0 for all");

    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
