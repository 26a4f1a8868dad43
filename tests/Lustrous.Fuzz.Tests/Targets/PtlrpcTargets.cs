using System.Reflection;
using Lustrous.Idl.Wire;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>What stands in the payload of a PUT to a request or reply portal.</summary>
static unsafe class PtlrpcTargets
{
    delegate void FieldReader(RequestCapsule capsule, MessageField field, MessageSide side);

    static readonly Dictionary<Type, FieldReader> Readers = [];

    [FuzzTarget("LustreMessage.Parse", Seeds = SeedKind.Payload)]
    public static void Message(ReadOnlySpan<byte> input)
    {
        // Reversing is done in place, and buffers of ours are aligned as a pool's are.
        byte[] copy = input.ToArray();
        if (LustreMessage.Parse(copy, out LustreMessage message) != Errno.OK)
            return;
        int sum = 0;
        for (int i = 0; i < message.BufferCount; i++)
        {
            foreach (byte b in message.Buffer(i))
                sum += b;
        }
        Lassert.That(message.Length <= copy.Length && sum >= 0);
    }

    [FuzzTarget(
        "RequestCapsule.Attach", "FormatSelector.OfRequest", "FormatSelector.OfOpcode", "FormatSelector.OfSubRequest",
        Seeds = SeedKind.Payload, AllocationPerByte = 64)]
    public static void Capsule(ReadOnlySpan<byte> input)
    {
        byte[] copy = input.ToArray();
        fixed (byte* start = copy)
        {
            foreach (MessageSide side in new[] { MessageSide.Request, MessageSide.Reply })
            {
                input.CopyTo(copy);
                var capsule = new RequestCapsule();
                if (capsule.Attach(side, new IoVec(start, copy.Length)) != Errno.OK)
                    return;
                LustreMessage message = capsule.Message(side);
                RequestFormat? format = side == MessageSide.Request
                    ? FormatSelector.OfRequest(message)
                    : FormatSelector.OfOpcode(FormatSelector.Opcode(message));
                _ = FormatSelector.OfSubRequest(message);
                if (format is null)
                    continue;
                capsule.SetFormat(format);
                foreach (MessageField field in format.Fields(side))
                    ReaderOf(field)(capsule, field, side);
            }
        }
    }

    static FieldReader ReaderOf(MessageField field)
    {
        lock (Readers)
        {
            if (Readers.TryGetValue(field.GetType(), out FieldReader? reader))
                return reader;
            Type type = field.GetType();
            string name = type.Name.Split('`')[0] switch
            {
                "StructField" => nameof(ReadStruct),
                "ArrayField" => nameof(ReadArray),
                "StringField" => nameof(ReadString),
                _ => nameof(ReadBytes),
            };
            MethodInfo method = typeof(PtlrpcTargets).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;
            if (method.IsGenericMethodDefinition)
                method = method.MakeGenericMethod(type.GetGenericArguments());
            return Readers[type] = method.CreateDelegate<FieldReader>();
        }
    }

    static void ReadStruct<T>(RequestCapsule capsule, MessageField field, MessageSide side) where T : unmanaged
    {
        if (capsule.TryGet((StructField<T>)field, side, out T value))
            _ = value.ToString();
    }

    static void ReadArray<T>(RequestCapsule capsule, MessageField field, MessageSide side) where T : unmanaged
    {
        if (!capsule.TryGetArray((ArrayField<T>)field, side, out Span<T> items))
            return;
        foreach (ref T item in items[..Math.Min(items.Length, 8)])
            _ = item.ToString();
    }

    static void ReadString(RequestCapsule capsule, MessageField field, MessageSide side)
    {
        if (capsule.TryGetString((StringField)field, side, out ReadOnlySpan<byte> text))
            Lassert.That(!text.Contains((byte)0));
    }

    static void ReadBytes(RequestCapsule capsule, MessageField field, MessageSide side)
    {
        int sum = 0;
        foreach (byte b in capsule.GetBytes(field, side))
            sum += b;
        Lassert.That(sum >= 0 && capsule.GetSize(field, side) >= 0);
    }
}
