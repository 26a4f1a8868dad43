using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CsCheck;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Tests.Layout;

public sealed class LustreMessageTests
{
    [Fact]
    public void Buffers_start_at_multiples_of_eight_after_a_padded_table_of_lengths()
    {
        byte[] memory = new byte[LustreMessage.Size([184, 3, 0, 8])];
        LustreMessage message = LustreMessage.Format(memory, [184, 3, 0, 8]);
        Assert.Equal(32 + 16 + 184 + 8 + 0 + 8, message.Length);
        message.Buffer(3).Fill(0xee);
        Assert.Equal([0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee], memory[^8..]);
        Assert.True(message.Buffer(4).IsEmpty);
        Assert.Equal(0, message.BufferLength(4));
    }

    [Fact]
    public void An_early_reply_has_224_bytes() => Assert.Equal(224, LustreMessage.EarlySize);

    [Fact]
    public void A_message_of_the_other_byte_order_has_its_header_reversed_once()
    {
        byte[] memory = new byte[LustreMessage.Size([8, 4])];
        LustreMessage written = LustreMessage.Format(memory, [8, 4]);
        written.ReplySize = 0x1234;
        Span<uint> header = MemoryMarshal.Cast<byte, uint>(memory.AsSpan(0, 40));
        BinaryPrimitives.ReverseEndianness(header, header);

        Assert.Equal(Errno.OK, LustreMessage.Parse(memory, out LustreMessage message));
        Assert.True(message.IsSwabbed);
        Assert.Equal(2, message.BufferCount);
        Assert.Equal(4, message.BufferLength(1));
        Assert.Equal(0x1234u, message.ReplySize);
    }

    [Theory]
    [InlineData(0, 0u)]                 // no buffers
    [InlineData(0, 33u)]                // more than there can be
    [InlineData(0, 0xffffffffu)]
    [InlineData(1, 1u)]                 // a security flavour
    [InlineData(2, 0x0BD00BD0u)]        // magic of version 1
    [InlineData(8, 9u)]                 // one byte more than there is
    [InlineData(8, 0x80000000u)]
    [InlineData(8, 0xfffffff9u)]        // rounds up to zero
    [InlineData(9, 0xfffffff0u)]        // wraps the sum around
    public void A_header_that_is_out_of_bounds_is_refused(int word, uint value)
    {
        byte[] memory = new byte[LustreMessage.Size([8, 8])];
        LustreMessage.Format(memory, [8, 8]);
        MemoryMarshal.Cast<byte, uint>(memory.AsSpan())[word] = value;
        if (word == 8 && value == 9)
            memory = memory[..^8];
        Assert.Equal(Errno.EPROTO, LustreMessage.Parse(memory, out _));
    }

    [Fact]
    public void A_message_cut_off_anywhere_is_refused()
    {
        byte[] memory = new byte[LustreMessage.Size([16, 5])];
        LustreMessage.Format(memory, [16, 5]);
        for (int length = 0; length < memory.Length; length++)
            Assert.Equal(Errno.EPROTO, LustreMessage.Parse(memory.AsSpan(0, length).ToArray(), out _));
    }

    [Fact]
    public void Shrinking_moves_later_buffers_up_and_leaves_nothing_behind()
    {
        byte[] memory = new byte[LustreMessage.Size([8, 32, 8])];
        LustreMessage message = LustreMessage.Format(memory, [8, 32, 8]);
        message.Buffer(1).Fill(1);
        message.Buffer(2).Fill(2);
        Assert.Equal(LustreMessage.Size([8, 3, 8]), message.Shrink(1, 3));
        Assert.Equal([1, 1, 1], message.Buffer(1).ToArray());
        Assert.Equal([2, 2, 2, 2, 2, 2, 2, 2], message.Buffer(2).ToArray());
        Assert.Equal(3, memory.Count(b => b == 1));
        Assert.Equal(8, memory.Count(b => b == 2));

        message.Grow(1, 20);
        Assert.Equal([1, 1, 1, 0], message.Buffer(1)[..4].ToArray());
        Assert.Equal([2, 2, 2, 2, 2, 2, 2, 2], message.Buffer(2).ToArray());
    }

    [Fact]
    public void Whatever_bytes_come_every_buffer_of_an_accepted_message_lies_inside_it() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.UInt[0, 6], Gen.UInt[0, 90].Array[6]).Sample((bytes, count, lengths) =>
        {
            if (bytes.Length >= 64)
            {
                MemoryMarshal.Write(bytes, count);
                MemoryMarshal.Write(bytes.AsSpan(4), 0u);
                MemoryMarshal.Write(bytes.AsSpan(8), 0x0BD00BD3u);
                for (int i = 0; i < lengths.Length; i++)
                    MemoryMarshal.Write(bytes.AsSpan(32 + 4 * i), lengths[i]);
            }
            if (LustreMessage.Parse(bytes, out LustreMessage message) != Errno.OK)
                return true;
            int sum = LustreMessage.HeaderSize(message.BufferCount);
            for (int i = 0; i < message.BufferCount; i++)
                sum += (message.Buffer(i).Length + 7) & ~7;
            return sum == message.Length && sum <= bytes.Length;
        });
}
