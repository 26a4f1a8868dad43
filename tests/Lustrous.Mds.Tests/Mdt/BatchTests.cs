using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>MDS_BATCH: many lookups with attributes in one message.</summary>
public sealed class BatchTests
{
    static readonly int s_headSize = Unsafe.SizeOf<BatchUpdateRequest>();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_is_answered_in_its_place_missing_names_too(bool isBulk) => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid a = await c.MakeFileAsync(MdtWorld.Root, "a"), b = await c.MakeDirAsync(MdtWorld.Root, "b");
        int before = world.Mdt.Locks.LockCount;
        byte[] requests = Requests([Part(1, "a"), Part(2, "missing"), Part(3, "b")]);
        (Errno error, byte[] reply) = await SendAsync(c, requests, isBulk);
        Assert.Equal(Errno.OK, error);
        BatchUpdateReply head = MemoryMarshal.Read<BatchUpdateReply>(reply);
        Assert.Equal((BatchUpdateMagic.Reply, (ushort)3), (head.Magic, head.Count));
        Assert.Equal([(0, a), ((int)LdlmStatus.LOCK_ABORTED, default), (0, b)], Results(reply, 3));
        // The locks are the client's by its own handles, and are taken back from it like any other.
        Assert.Equal(before + 2, world.Mdt.Locks.LockCount);
    });

    [Fact]
    public void What_is_no_batch_is_refused_and_leaves_nothing_behind() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        await c.MakeFileAsync(MdtWorld.Root, "a");
        int before = world.Mdt.Locks.LockCount;
        byte[] good = Requests([Part(1, "a")]);
        byte[] Changed(int at, uint value)
        {
            byte[] bytes = [.. good];
            MemoryMarshal.Write(bytes.AsSpan(at), value);
            return bytes;
        }

        // The magic of the buffer; two, where there is one; what to do; a length.
        Assert.Equal(Errno.EPROTO, (await SendAsync(c, Changed(0, 7), false)).Error);
        Assert.Equal(Errno.EPROTO, (await SendAsync(c, Changed(4, 2), false)).Error);
        Assert.Equal(Errno.EOPNOTSUPP, (await SendAsync(c, Changed(s_headSize + 24, 9), false)).Error);
        Assert.Equal(Errno.EPROTO, (await SendAsync(c, Changed(s_headSize + 32, 99_999), false)).Error);
        Assert.Equal(Errno.EPROTO, (await SendAsync(c, good[..(s_headSize + 20)], false)).Error);
        Assert.Equal(Errno.EPROTO, (await SendAsync(c, good, false, header => header with { Magic = 1 })).Error);
        Assert.Equal(Errno.EPROTO, (await SendAsync(c, good, false, header => header with { Count = 0 })).Error);
        Assert.Equal(Errno.EPROTO, (await SendAsync(c, good, false, header => header with { Count = 2 })).Error);
        Assert.Equal(
            Errno.EPROTO, (await SendAsync(c, good, false, header => header with { InlineLength = 1 << 30 })).Error);
        Assert.Equal(
            Errno.EPROTO, (await SendAsync(c, good, false, header => header with { InlineLength = 0 })).Error);
        // An intent that is none of a lookup: the part is refused, not the batch.
        (Errno error, byte[] reply) = await SendAsync(c, Requests([Part(1, "a", IntentOps.OPEN)]), false);
        Assert.Equal((Errno.OK, -(int)Errno.EPROTO), (error, Results(reply, 1)[0].Result));
        Assert.Equal(before, world.Mdt.Locks.LockCount);
        Assert.Equal(Errno.OK, (await SendAsync(c, good, false)).Error);
    });

    static List<(int Result, Fid Fid)> Results(byte[] reply, int count)
    {
        var results = new List<(int, Fid)>();
        int at = s_headSize;
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(Errno.OK, LustreMessage.Parse(reply.AsSpan(at), out LustreMessage part));
            MdtBody body = MemoryMarshal.Read<MdtBody>(part.Buffer(1));
            results.Add((part.SubResult, body.Fid1));
            at += part.Length;
        }
        Assert.Equal(reply.Length, at);
        return results;
    }

    static async Task<(Errno Error, byte[] Reply)> SendAsync(
        MdtClient c, byte[] requests, bool isBulk, Func<ButUpdateHeader, ButUpdateHeader>? change = null)
    {
        var header = new ButUpdateHeader
        {
            Magic = BatchUpdateMagic.Header,
            Count = 1,
            InlineLength = isBulk ? 0 : (uint)requests.Length,
            ReplySize = 4096,
            UpdateCount = 1,
        };
        return await c.BatchAsync(change?.Invoke(header) ?? header, requests, isBulk);
    }

    static byte[] Requests(byte[][] parts)
    {
        var head = new BatchUpdateRequest { Magic = BatchUpdateMagic.Request, Count = (ushort)parts.Length };
        return [.. MemoryMarshal.AsBytes([head]), .. parts.SelectMany(part => part)];
    }

    static byte[] Part(ulong handle, string name, IntentOps intent = IntentOps.GETATTR)
    {
        LdlmResId directory = LdlmResId.FromFid(MdtWorld.Root);
        byte[] lockRequest = [.. MemoryMarshal.AsBytes([new LdlmRequest
        {
            Flags = (uint)LockFlags.HAS_INTENT,
            Count = 1,
            Desc = new LdlmLockDesc
            {
                Resource = new LdlmResourceDesc { Type = LockType.Ibits, Name = directory },
                RequestedMode = LockMode.PR,
                PolicyData = Ldlm.LockPolicies.Bits(InodeBits.UPDATE),
            },
        }]), .. MemoryMarshal.AsBytes([handle, 0UL])];
        byte[] body = [.. MemoryMarshal.AsBytes([new MdtBody
        {
            Fid1 = MdtWorld.Root,
            Valid = MdtClient.GetattrValid,
            EaDataSize = 4096,
            Capability = uint.MaxValue,
        }])];
        byte[] op = [.. MemoryMarshal.AsBytes([new LdlmIntent { Opcode = intent }])];
        byte[][] fields = [lockRequest, op, body, [], [.. Encoding.ASCII.GetBytes(name), 0], []];
        int[] lengths = [.. fields.Select(field => field.Length)];
        var memory = new byte[LustreMessage.Size(lengths)];
        LustreMessage message = LustreMessage.Format(memory, lengths);
        for (int i = 0; i < fields.Length; i++)
            fields[i].CopyTo(message.Buffer(i));
        message.SubOpcode = (uint)BatchUpdateCommand.Getattr;
        return memory;
    }
}
