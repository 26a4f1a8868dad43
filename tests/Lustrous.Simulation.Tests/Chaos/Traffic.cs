using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation.Tests.Chaos;

/// <summary>The model: everything that was sent, and what may become of it.</summary>
sealed class Traffic(Simulation sim)
{
    readonly List<Operation> _operations = [];

    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>The byte that every GET finds at a place of a node's pattern.</summary>
    public static byte PatternAt(Nid nid, int index) =>
        (byte)((uint)nid.ToNid4() * 13 + (uint)index * 5 + (uint)(index >> 8));

    public Operation New(SimNode from, SimNode to, int length, bool ackWanted, bool isGet)
    {
        var operation = new Operation(
            (ulong)_operations.Count, from, to, length, ackWanted, isGet, skip: sim.Random.Next(64));
        _operations.Add(operation);
        return operation;
    }

    /// <summary>A PUT has arrived: it must be one that was sent here, whole, for the first time.</summary>
    public void Accepted(SimNode at, in LNetEvent e, ReadOnlySpan<byte> payload)
    {
        Lassert.That(e.MatchBits < (ulong)_operations.Count, "a PUT that nobody sent");
        Operation operation = _operations[(int)e.MatchBits];
        Lassert.That(!operation.IsGet && operation.To == at, "a PUT for somebody else");
        Lassert.That(++operation.Accepted == 1, "a PUT was accepted twice");
        Lassert.That(e.HeaderData == ~operation.Id && e.Initiator == operation.From.Id);
        Lassert.That(payload.Length == operation.Length && e.RequestedLength == operation.Length);
        for (int i = 0; i < payload.Length; i++)
            Lassert.That(payload[i] == operation.PayloadAt(i), "a PUT arrived with other bytes");
    }

    /// <summary>Every operation of a node that lived on has had its last event.</summary>
    public void CheckAllEnded()
    {
        foreach (Operation operation in _operations)
        {
            Lassert.That(
                operation.Ended || operation.IsOrphan,
                $"operation {operation.Id:x} has not ended: {operation.SendStatus}, {operation.AnswerStatus}");
        }
    }
}
