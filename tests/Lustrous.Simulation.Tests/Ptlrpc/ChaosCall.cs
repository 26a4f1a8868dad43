using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Ptlrpc;

/// <summary>What one call asks for.</summary>
enum CallKind
{
    /// <summary>To be told the same again.</summary>
    Echo,
    /// <summary>To be executed once and not twice.</summary>
    Count,
    /// <summary>To be refused with ENOENT.</summary>
    Refused,
    /// <summary>Bulk to the server.</summary>
    Write,
    /// <summary>Bulk from the server.</summary>
    Read,
}

/// <summary>One call in the model: what was asked, and what the server has done about it.</summary>
sealed class ChaosCall(ulong id, CallKind kind, string client, int length, int pageOffset)
{
    readonly Dictionary<int, int> _executions = [];

    public ulong Id => id;

    public CallKind Kind => kind;

    /// <summary>Who may ask for it.</summary>
    public string Client => client;

    /// <summary>Bytes of its bulk.</summary>
    public int Length => length;

    /// <summary>Where in a page its bulk begins.</summary>
    public int PageOffset => pageOffset;

    /// <summary>Null while it is under way.</summary>
    public Errno? Status { get; set; }

    /// <summary>Its client's machine went down: it need not end.</summary>
    public bool IsOrphan { get; set; }

    /// <summary>In all lives of the server.</summary>
    public int Executions { get; private set; }

    /// <summary>Travels with the call, so that a mixture of two calls shows.</summary>
    public ulong Mark => id * 0x9e3779b97f4a7c15 ^ 0x5bd1e995;

    /// <summary>Executes it in one life of the server; says how often it was in that one.</summary>
    public int Execute(int life)
    {
        Executions++;
        return _executions[life] = _executions.GetValueOrDefault(life) + 1;
    }

    /// <summary>The bytes of its bulk; each time that a read is served they are others.</summary>
    public ReadOnlySpan<byte> Bytes(int salt) => ChaosLedger.Noise.AsSpan(
        (int)((id * 40503 + (ulong)salt * 9973) % ChaosLedger.NoiseSlack), length);
}
