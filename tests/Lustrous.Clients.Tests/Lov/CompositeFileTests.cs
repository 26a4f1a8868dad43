using Lustrous.Clients.Lov;
using Lustrous.Clients.Tests.Osc;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

/// <summary>Files whose layout grows as they are written: PFL, over real OSTs and an MDT that is played.</summary>
public sealed class CompositeFileTests
{
    const ulong Eof = ulong.MaxValue;
    const int Unit = 64 << 10;

    /// <summary>The layout of a growing file, as an MDT keeps it: 256 KiB on one object, up to 1 MiB on two, the rest
    /// on three.</summary>
    sealed class GrowingFile
    {
        readonly OstCluster _cluster;
        readonly LovComponentEa[] _components =
        [
            Empty(1, 0, 4 * Unit, 1), Empty(2, 4 * Unit, 16 * Unit, 2), Empty(3, 16 * Unit, Eof, 3),
        ];

        uint _generation = 1, _objects = 100;

        public GrowingFile(OstCluster cluster)
        {
            _cluster = cluster;
            Instantiate(0, 1);
        }

        public List<LayoutIntent> Asked { get; } = [];

        public byte[] Ea => new LovCompositeEa { Generation = _generation, Components = _components }.ToArray();

        public TestFile OpenOn(int client)
        {
            TestFile file = _cluster.Clients[client].Open(LovLayout.Parse(Ea).Value);
            file.OnChangeLayout = async wanted =>
            {
                Asked.Add(wanted);
                Instantiate(wanted.Extent.Start, wanted.Extent.End);
                return await file.Object.SetLayoutAsync(Ea, default);
            };
            return file;
        }

        void Instantiate(ulong start, ulong end)
        {
            for (int i = 0; i < _components.Length; i++)
            {
                LovComponentEa one = _components[i];
                if (one.IsInitialized || one.Extent.Start >= end || start >= one.Extent.End)
                    continue;
                LovLayout made = _cluster.NewFile(_objects++, Unit, one.Layout.StripeCount);
                var objects = new List<LovOstDataV1>();
                foreach (LovStripe stripe in made.Stripes)
                    objects.Add(new LovOstDataV1 { ObjectId = stripe.ObjectId, Index = stripe.OstIndex });
                _components[i] = one with
                {
                    Flags = LcmeFlags.INIT,
                    Layout = one.Layout with { Objects = objects },
                };
                _generation++;
            }
        }

        static LovComponentEa Empty(uint id, ulong start, ulong end, ushort stripes) => new()
        {
            Id = id,
            Extent = new LuExtent { Start = start, End = end },
            Layout = new LovEa { StripeSize = Unit, StripeCount = stripes },
        };
    }

    static void Run(int clients, ulong seed, Func<OstCluster, GrowingFile, Task> body) =>
        Simulation.Simulation.Run(seed, async sim =>
        {
            OstCluster cluster = await OstCluster.StartAsync(sim, 3, clients);
            await body(cluster, new GrowingFile(cluster));
            await cluster.StopAsync();
        });

    [Fact]
    public void Writes_read_cuts_and_appends_at_random_are_as_in_one_plain_file() => Seeds.Each(12, seed =>
        Run(1, seed, async (_, growing) =>
        {
            TestFile file = growing.OpenOn(0);
            var random = new SeededRandom(seed);
            byte[] model = [];
            for (int i = 0; i < 60; i++)
            {
                int at = random.Next(24 * Unit), length = 1 + random.Next(3 * Unit);
                byte[] data = new byte[length];
                data.AsSpan().Fill((byte)(1 + random.Next(255)));
                switch (random.Next(5))
                {
                    case 0 or 1:
                        Assert.Equal(length, (await file.WriteAsync((ulong)at, data)).Value);
                        Array.Resize(ref model, Math.Max(model.Length, at + length));
                        data.CopyTo(model, at);
                        break;
                    case 2:
                        Result<ulong> appended = await file.AppendAsync(data);
                        Assert.Equal((Errno.OK, (ulong)model.Length), (appended.Error, appended.Value));
                        model = [.. model, .. data];
                        break;
                    case 3:
                        Assert.Equal(Errno.OK, await file.TruncateAsync((ulong)at));
                        Array.Resize(ref model, at);
                        break;
                    default:
                        byte[] expected = at >= model.Length ? [] : model[at..Math.Min(model.Length, at + length)];
                        Assert.Equal(expected, (await file.ReadAsync((ulong)at, length)).Value);
                        break;
                }
                Assert.Equal((ulong)model.Length, (await file.StatAsync()).Value.Size);
            }
            Assert.Equal(model, (await file.ReadAsync(0, model.Length + 1)).Value);
        }));

    /// <summary>Seen with a kernel MDT: a file with its first bytes there was shown as empty.</summary>
    [Fact]
    public void A_file_with_data_on_the_MDT_is_refused_and_no_empty_one() =>
        Run(1, 1, async (cluster, _) =>
    {
        LovComponentEa[] parts =
        [
            new()
            {
                Id = 1,
                Flags = LcmeFlags.INIT,
                Extent = new LuExtent { Start = 0, End = Unit },
                Layout = new LovEa { Pattern = LovPattern.MDT, StripeSize = Unit },
            },
            new()
            {
                Id = 2,
                Extent = new LuExtent { Start = Unit, End = Eof },
                Layout = new LovEa { StripeSize = Unit, StripeCount = 1 },
            },
        ];
        byte[] ea = new LovCompositeEa { Generation = 1, Components = parts }.ToArray();
        TestFile file = cluster.Clients[0].Open(LovLayout.Parse(ea).Value);
        Assert.False(file.Object.TryGetAttributes(out LovAttributes _));
        Assert.Equal(Errno.EOPNOTSUPP, (await file.StatAsync()).Error);
        Assert.Equal(Errno.EOPNOTSUPP, (await file.ReadAsync(0, 10)).Error);
        Assert.Equal(Errno.EOPNOTSUPP, (await file.WriteAsync(0, [1])).Error);
        Assert.Equal(Errno.EOPNOTSUPP, await file.TruncateAsync(0));
    });

    [Fact]
    public void The_MDT_is_asked_once_for_each_component_and_nothing_cached_is_lost() =>
        Run(1, 1, async (cluster, growing) =>
    {
        TestFile file = growing.OpenOn(0);
        byte[] data = new byte[Unit];
        Array.Fill(data, (byte)7);
        await file.WriteAsync(0, data);
        Assert.Empty(growing.Asked);
        await file.WriteAsync((4 * Unit) - 100, data);
        LayoutIntent asked = Assert.Single(growing.Asked);
        Assert.Equal((LayoutIntentOp.Write, (ulong)((4 * Unit) - 100)), (asked.Opcode, asked.Extent.Start));
        Assert.Equal(0, cluster.Clients[0].WriteRpcs);
        Assert.Empty(file.Invalidated);
        await file.TruncateAsync(20 * Unit);
        Assert.Equal(
            (LayoutIntentOp.Trunc, 0UL, (20UL * Unit) + 1),
            (growing.Asked[1].Opcode, growing.Asked[1].Extent.Start, growing.Asked[1].Extent.End));
        Assert.Equal(data, (await file.ReadAsync((4 * Unit) - 100, Unit)).Value);
        Assert.Equal(new byte[Unit], (await file.ReadAsync(18 * Unit, Unit)).Value);
    });

    [Fact]
    public void Where_there_are_no_objects_is_a_hole() => Run(1, 1, async (_, growing) =>
    {
        TestFile file = growing.OpenOn(0);
        await file.WriteAsync(0, new byte[10]);
        await file.WriteAsync(16 * Unit, [1]);
        Assert.Equal(2, growing.Asked.Count + 1);
        Assert.Equal(new byte[8 * Unit], (await file.ReadAsync(2 * Unit, 8 * Unit)).Value);
        Assert.InRange((await file.SeekAsync(0, SeekWhence.Hole)).Value, 1UL, 4UL * Unit);
        Assert.Equal(16UL * Unit, (await file.SeekAsync(4 * Unit, SeekWhence.Data)).Value);
        Assert.Equal(4UL * Unit, (await file.SeekAsync(4 * Unit, SeekWhence.Hole)).Value);
    });

    [Fact]
    public void Two_clients_see_each_others_components() => Run(2, 1, async (_, growing) =>
    {
        TestFile here = growing.OpenOn(0), there = growing.OpenOn(1);
        byte[] data = new byte[2 * Unit];
        Array.Fill(data, (byte)9);
        await here.WriteAsync(15 * Unit, data);
        Assert.Equal(Errno.OK, await there.Object.SetLayoutAsync(growing.Ea, default));
        Assert.Equal(data, (await there.ReadAsync(15 * Unit, 2 * Unit)).Value);
        Assert.Equal((ulong)(17 * Unit), (await there.StatAsync()).Value.Size);
    });
}
