using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Dalle2.Data;

namespace Dalle2.Training.Ranks;

/// <summary>
/// Notices when a rank is gone, which messages alone need not: each rank holds a connection to rank 0, which the system closes when its process
/// ends, however that comes. Rank 0 tells the others. Who ends in good order says goodbye before.
/// </summary>
public sealed class Lifeline : IDisposable
{
    // Hexadecimal digits of each of the two secrets that rank 0 and the others know each other by.
    const int SecretDigits = 32;

    const int RankDigits = 8;

    const string Goodbye = "goodbye";

    static readonly TimeSpan LongestConnecting = TimeSpan.FromSeconds(30);

    readonly IReadOnlyList<string> machines;
    readonly ManualResetEventSlim lossEvent = new();
    // Of rank 0: by rank; of another: to rank 0, as [0].
    readonly Stream?[] streams;
    Socket? listener;
    volatile string? lost;
    volatile bool ends;

    Lifeline(IReadOnlyList<string> machines)
    {
        this.machines = machines;
        streams = new Stream?[machines.Count];
    }

    /// <summary>What is to be said of the first rank that was noticed to be gone; null if all are there.</summary>
    public string? Lost => lost;

    /// <summary>Connects all ranks, each of which calls this.</summary>
    /// <param name="communicator">The ranks.</param>
    /// <param name="machines">The name of the machine of each.</param>
    /// <exception cref="UserInputException">A rank cannot reach rank 0.</exception>
    public static Lifeline Open(Communicator communicator, IReadOnlyList<string> machines)
    {
        var lifeline = new Lifeline(machines);
        string fault = "";
        if (communicator.Rank == 0)
        {
            communicator.Broadcast(lifeline.Listen());
        }
        else
        {
            string[] offer = communicator.Broadcast((string?)null).Split(' ');
            fault = lifeline.ConnectAsync(communicator.Rank, offer).GetAwaiter().GetResult();
        }

        // Rank 0 waits for the others by messages, so that one which cannot connect can say so.
        if (communicator.AllGather(fault).FirstOrDefault(text => text.Length > 0) is not { } first)
            return lifeline;
        lifeline.Dispose();
        throw new UserInputException(first);
    }

    /// <summary>Waits until a rank is noticed to be gone, but not for ever.</summary>
    /// <returns>As <see cref="Lost"/>.</returns>
    public string? WaitForLoss(TimeSpan most)
    {
        lossEvent.Wait(most);
        return lost;
    }

    /// <summary>Tells the others that this rank ends in good order.</summary>
    public void SayGoodbye()
    {
        ends = true;
        Tell(Goodbye);
    }

    /// <summary>Closes the connections; without a goodbye, this rank is then gone to the others.</summary>
    public void Dispose()
    {
        ends = true;
        listener?.Dispose();
        lock (streams)
        {
            foreach (Stream? stream in streams)
                stream?.Dispose();
        }
    }

    // Secrets, port and addresses, for the others.
    string Listen()
    {
        listener = Bind();
        listener.Listen(machines.Count);
        string token = RandomNumberGenerator.GetHexString(SecretDigits), answer = RandomNumberGenerator.GetHexString(SecretDigits);
        _ = AcceptAsync(listener, token, answer);
        IEnumerable<IPAddress> addresses = NetworkInterface.GetAllNetworkInterfaces()
            .Where(card => card.OperationalStatus != OperationalStatus.Down)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)
            .Where(address => !address.IsIPv6LinkLocal).Append(IPAddress.Loopback).Distinct();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        return string.Join(' ', [token, answer, $"{port}", .. addresses.Select(address => address.ToString())]);
    }

    static Socket Bind()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
            return socket;
        }
        catch (SocketException)
        {
            // A machine without IPv6.
            socket.Dispose();
        }

        socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return socket;
    }

    async Task AcceptAsync(Socket listening, string token, string answer)
    {
        try
        {
            while (true)
                _ = WelcomeAsync(await listening.AcceptAsync().ConfigureAwait(false), token, answer);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
        }
    }

    // A rank comes by every address that it can, and then stays by the one that it says yes to.
    async Task WelcomeAsync(Socket socket, string token, string answer)
    {
        NetworkStream stream = Open(socket);
        int rank;
        try
        {
            var hello = new byte[SecretDigits + RankDigits];
            await stream.ReadExactlyAsync(hello).ConfigureAwait(false);
            bool known = CryptographicOperations.FixedTimeEquals(hello.AsSpan(0, SecretDigits), Encoding.ASCII.GetBytes(token));
            rank = known ? int.Parse(hello.AsSpan(SecretDigits), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0;
            if (rank <= 0 || rank >= machines.Count)
                throw new IOException("a stranger");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer)).ConfigureAwait(false);
            await stream.ReadExactlyAsync(hello.AsMemory(0, 1)).ConfigureAwait(false);
            lock (streams)
            {
                streams[rank] = stream;
                if (lost != null)
                    Tell(lost);
            }

            await stream.WriteAsync(hello.AsMemory(0, 1)).ConfigureAwait(false);
        }
        catch (Exception fault) when (IsClosed(fault))
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            return;
        }

        await WatchAsync(stream, rank).ConfigureAwait(false);
    }

    // What went wrong; empty for nothing.
    async Task<string> ConnectAsync(int rank, string[] offer)
    {
        using var patience = new CancellationTokenSource(LongestConnecting);
        int port = int.Parse(offer[2], CultureInfo.InvariantCulture);
        byte[] hello = Encoding.ASCII.GetBytes($"{offer[0]}{rank:x8}"), answer = Encoding.ASCII.GetBytes(offer[1]);
        List<Task<Stream?>> tries = [.. offer.Skip(3).Select(address =>
            KnockAsync(new IPEndPoint(IPAddress.Parse(address), port), hello, answer, patience.Token))];
        Stream? found = null;
        while (found == null && tries.Count > 0)
        {
            Task<Stream?> first = await Task.WhenAny(tries).ConfigureAwait(false);
            tries.Remove(first);
            found = await first.ConfigureAwait(false);
        }

        await patience.CancelAsync().ConfigureAwait(false);
        foreach (Stream? other in await Task.WhenAll(tries).ConfigureAwait(false))
            other?.Dispose();
        try
        {
            if (found != null)
            {
                var yes = new byte[1];
                await found.WriteAsync(yes).ConfigureAwait(false);
                await found.ReadExactlyAsync(yes).ConfigureAwait(false);
                lock (streams)
                    streams[0] = found;
                _ = WatchAsync(found, 0);
                return "";
            }
        }
        catch (Exception fault) when (IsClosed(fault))
        {
        }

        return $"rank {rank} on {machines[rank]} cannot connect to rank 0 on {machines[0]} by TCP, port {port} of "
            + $"{string.Join(", ", offer.Skip(3))}: ranks notice so when another is gone. Let firewalls allow it";
    }

    // Null if nobody, or somebody else, is there.
    static async Task<Stream?> KnockAsync(IPEndPoint target, byte[] hello, byte[] answer, CancellationToken patience)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(target, patience).ConfigureAwait(false);
            NetworkStream stream = Open(socket);
            await stream.WriteAsync(hello, patience).ConfigureAwait(false);
            var heard = new byte[answer.Length];
            await stream.ReadExactlyAsync(heard, patience).ConfigureAwait(false);
            if (CryptographicOperations.FixedTimeEquals(heard, answer))
                return stream;
        }
        catch (Exception fault) when (IsClosed(fault) || fault is OperationCanceledException)
        {
        }

        socket.Dispose();
        return null;
    }

    static NetworkStream Open(Socket socket)
    {
        socket.NoDelay = true;
        // A machine that loses its power or its network closes nothing.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 20);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        return new NetworkStream(socket, ownsSocket: true);
    }

    // Until the rank says goodbye, tells of another, or is gone.
    async Task WatchAsync(Stream stream, int rank)
    {
        string? line = null;
        try
        {
            using var reader = new StreamReader(stream, leaveOpen: true);
            line = await reader.ReadLineAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (IsClosed(fault))
        {
        }

        if (line != Goodbye && !ends)
            Lose(line ?? $"rank {rank} on {machines[rank]} is gone");
    }

    void Lose(string sentence)
    {
        lock (streams)
        {
            if (lost != null)
                return;
            // Before this rank knows itself, and may end. Only rank 0 has whom to tell.
            if (listener != null)
                Tell(sentence);
            lost = sentence;
        }

        lossEvent.Set();
    }

    void Tell(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"{line}\n");
        lock (streams)
        {
            foreach (Stream? stream in streams)
            {
                try
                {
                    stream?.Write(bytes);
                }
                catch (Exception fault) when (IsClosed(fault))
                {
                }
            }
        }
    }

    static bool IsClosed(Exception fault) => fault is IOException or SocketException or ObjectDisposedException or FormatException;
}
