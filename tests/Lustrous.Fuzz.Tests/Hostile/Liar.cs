using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;

namespace Lustrous.Fuzz.Tests.Hostile;

/// <summary>
/// Sits on the wire of one mount and alters what it sends, or what is sent to it. Nothing that it makes names files or
/// objects of other mounts, or comes in their name: a client that may do anything may also remove them.
/// </summary>
sealed class Liar
{
    // Where requests go; a forged one may go to another service of the same machine.
    static readonly uint[] s_portals = [6, 7, 12, 13, 15, 17, 22, 23, 24, 26, 28, 29, 30, 31, 32];

    readonly Nid _good;
    readonly Nid _victim;
    readonly bool _fromServers;
    readonly SeededRandom _random;
    readonly MessageMutator _mutator;
    readonly HashSet<(ulong, ulong)> _others = [];
    readonly HashSet<ulong> _otherExports = [];

    public Liar(Simulation.Simulation sim, Nid good, Nid victim, bool fromServers)
    {
        _good = good;
        _victim = victim;
        _fromServers = fromServers;
        _random = new SeededRandom(sim.Seed * 7919);
        _mutator = new MessageMutator(_random);
        sim.Network.Alter = Alter;
        sim.Network.Forge = Forge;
    }

    /// <summary>Of 1000 messages so many are altered.</summary>
    public int PerMille { get; set; }

    /// <summary>To every request so many others are added.</summary>
    public int Forgeries { get; set; }

    public int Altered { get; private set; }

    List<(LNetHeader Header, byte[] Payload)> Forge(Nid from, Nid to, LNetHeader header, byte[] payload)
    {
        Nid liar = _fromServers ? to : from;
        if (Forgeries == 0 || liar != _victim || header.Type != LNetMessageType.Put
            || !s_portals.Contains(header.Portal))
            return [];
        List<(LNetHeader, byte[])> forged = [];
        for (int i = 0; i < Forgeries; i++)
        {
            byte[] mutant = _mutator.Mutate(payload);
            if (Names(mutant, payload))
                continue;
            LNetHeader other = header;
            // Some come as resent, some as new requests.
            if (_random.Next(8) != 0)
                other.MatchBits += (ulong)(1 + _random.Next(1 << 20)) << 7;
            if (_random.Next(10) == 0)
                other.Portal = s_portals[_random.Next(s_portals.Length)];
            forged.Add((other, mutant));
        }
        Altered += forged.Count;
        return forged;
    }

    byte[] Alter(Nid from, Nid to, LNetHeader header, byte[] payload)
    {
        if (header.Type is not (LNetMessageType.Put or LNetMessageType.Reply) || payload.Length == 0)
            return payload;
        _mutator.Learn(payload);
        if (from == _good || to == _good)
            Remember(payload);
        if (from != _victim && to != _victim && ExportOf(payload) is not 0 and var handle)
            _otherExports.Add(handle);
        if ((_fromServers ? to : from) != _victim || header.Type != LNetMessageType.Put && !_fromServers
            || _random.Next(1000) >= PerMille)
            return payload;
        // Whoever has been told to wait for a lock waits: callbacks are forged beside those that come.
        if (_fromServers && header.Portal == Portals.LDLM_CB_REQUEST_PORTAL)
            return payload;
        byte[] mutant = _mutator.Mutate(payload);
        if (header.Type == LNetMessageType.Reply && mutant.Length > payload.Length)
            mutant = mutant[..payload.Length];
        if (Names(mutant, payload))
            return payload;
        Altered++;
        return mutant;
    }

    // A FID, an ost_id and a resource's name are all two words, of which one is a sequence.
    void Remember(byte[] payload)
    {
        ReadOnlySpan<ulong> words = Words(payload);
        for (int i = 0; i + 1 < words.Length; i++)
        {
            if (IsSequence(words[i]) || IsSequence(words[i + 1]))
                _others.Add((words[i], words[i + 1]));
        }
    }

    // The handle of an export is its client's secret: whoever has it is that client.
    static ulong ExportOf(byte[] payload)
    {
        byte[] copy = [.. payload];
        return LustreMessage.Parse(copy, out LustreMessage message) == Errno.OK && message.BufferLength(0) >= 8
            ? MemoryMarshal.Read<ulong>(message.Buffer(0))
            : 0;
    }

    bool Names(byte[] mutant, byte[] original)
    {
        if (!_fromServers && _otherExports.Contains(ExportOf(mutant)))
            return true;
        ReadOnlySpan<ulong> words = Words(mutant), before = Words(original);
        for (int i = 0; i + 1 < words.Length; i++)
        {
            bool isNew = i + 1 >= before.Length || words[i] != before[i] || words[i + 1] != before[i + 1];
            if (isNew && _others.Contains((words[i], words[i + 1])))
                return true;
        }
        return false;
    }

    static bool IsSequence(ulong word) => word >> 32 is >= 1 and < 1 << 16;

    static ReadOnlySpan<ulong> Words(byte[] payload) =>
        MemoryMarshal.Cast<byte, ulong>(payload.AsSpan(0, Math.Min(payload.Length & ~7, 4096)));
}
