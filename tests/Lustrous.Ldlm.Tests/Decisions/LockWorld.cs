using System.Text;
using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;

namespace Lustrous.Ldlm.Tests.Decisions;

/// <summary>One thing a client of the model does: takes a lock, uses it, lets it go.</summary>
readonly record struct Operation(int Resource, LockMode Mode, InodeBits Bits);

/// <summary>
/// A server's decisions and clients' decisions, the real ones, with a set of messages between them that may arrive in
/// any order, and no time: every interleaving can be stepped through.
/// </summary>
sealed class LockWorld
{
    readonly LockType _type;
    readonly ServerResource[] _resources;
    readonly ClientModel[] _clients;
    readonly List<Message> _messages = [];
    readonly List<(ServerLock Lock, int Arrival)> _serverLocks = [];
    ulong _number;

    public LockWorld(ClientNamespace[] namespaces, LockType type, Operation[][] scripts)
    {
        _type = type;
        _resources = [.. Enumerable.Range(0, 2).Select(i => new ServerResource(
            null!, NameOf(i), type, new RankedLock(14, "test"), new FlockWaits()))];
        _clients = [.. scripts.Select((script, i) => new ClientModel(i, namespaces[i], script))];
    }

    public static LdlmResId NameOf(int resource) => new(0x1000 + (ulong)resource, 1);

    /// <summary>What may happen next.</summary>
    public List<Choice> Choices()
    {
        var choices = new List<Choice>();
        foreach (ClientModel client in _clients)
        {
            if (client.Using is not null)
                choices.Add(new(client, null));
            else if (client.Asking is null && client.Next < client.Script.Length)
                choices.Add(new(client, null));
        }
        foreach (Message message in _messages)
            choices.Add(new(null, message));
        return choices;
    }

    public void Take(Choice choice)
    {
        if (choice.Client is { } client)
        {
            if (client.Using is null)
                Start(client);
            else
                Stop(client);
        }
        else
        {
            _messages.Remove(choice.Message!);
            Deliver(choice.Message!);
        }
        Check();
    }

    /// <summary>Nothing can happen any more: then everything must have happened.</summary>
    public void CheckEnd()
    {
        Assert.All(_clients, client => Assert.Equal(client.Script.Length, client.Next));
        Assert.All(_clients, client => Assert.Null(client.Asking));
        foreach (ServerResource resource in _resources)
            Assert.Equal(0, resource.Queues.Waiting.Count);
    }

    /// <summary>Two worlds that print alike go on alike.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (ServerResource resource in _resources)
        {
            for (ServerLock? held = resource.Queues.Granted.First; held is not null; held = held.NextInQueue)
                text.Append($"+{Id(held)}{held.GrantedMode}{(ulong)held.Bits:x}{(held.IsBlocked ? "!" : "")}");
            for (ServerLock? held = resource.Queues.Waiting.First; held is not null; held = held.NextInQueue)
                text.Append($"-{Id(held)}{held.RequestedMode}{(ulong)held.Bits:x}");
            text.Append('/');
        }
        foreach (ClientModel client in _clients)
        {
            text.Append($"|{client.Next},{client.Asking?.Id},{client.Using?.Id}:");
            foreach (Held held in client.Locks)
            {
                ClientLock it = held.Lock;
                text.Append($"{held.Id}{it.State}{(ulong)it.Bits:x}{(it.IsBlocked ? "!" : "")}");
                text.Append($"{(ulong)it.WantedBits:x}{(it.IsConverting ? "c" : "")}{(it.IsUsed ? "u" : "")},");
            }
        }
        foreach (string message in _messages.Select(m => m.ToString()).Order(StringComparer.Ordinal))
            text.Append($";{message}");
        return text.ToString();
    }

    static string Id(ServerLock held) => ((Held)held.Tag!).Id;

    void Start(ClientModel client)
    {
        Operation operation = client.Script[client.Next];
        foreach (Held known in client.Locks)
        {
            if (known.Resource == operation.Resource && (known.Lock.GrantedMode & Covering(operation.Mode)) != 0
                && (known.Lock.Bits & operation.Bits) == operation.Bits
                && known.Lock.TryReference(known.Lock.GrantedMode))
            {
                client.Using = known;
                return;
            }
        }
        var ask = new LockRequest
        {
            Resource = NameOf(operation.Resource),
            Type = _type,
            Mode = operation.Mode,
            Policy = _type == LockType.Ibits ? LockPolicies.Bits(operation.Bits) : LockPolicies.None,
            Callbacks = NoCallbacks.Instance,
        };
        ClientLock made = client.Namespace.Node.NewLock(client.Namespace.Get(ask.Resource, _type).Value, ask);
        client.Namespace.Node.Forget(made);     // nobody looks for it by its handle
        var held = new Held($"{(char)('a' + client.Index)}{client.Next}", client, operation.Resource, made);
        client.Asking = held;
        client.Locks.Add(held);
        _messages.Add(new Message(Kind.Enqueue, held));
    }

    static LockMode Covering(LockMode mode) => mode switch
    {
        LockMode.PR => LockMode.PR | LockMode.EX,
        _ => mode,
    };

    void Stop(ClientModel client)
    {
        Held held = client.Using!;
        client.Using = null;
        client.Next++;
        Act(held, held.Lock.Release(held.Lock.GrantedMode, andCancel: false, mayConvert: true));
    }

    void Deliver(Message message)
    {
        Held held = message.Held;
        switch (message.Kind)
        {
            case Kind.Enqueue: ServeEnqueue(held); break;
            case Kind.Cancel: Serve(actions => Remove(held.AtServer!, actions)); break;
            case Kind.Convert: ServeConvert(held, message.Bits); break;
            case Kind.Reply or Kind.Complete: Answer(message); break;
            case Kind.Block: Block(held, message.Bits); break;
            case Kind.Work: Act(held, held.Lock.State == ClientLockState.Leaving); break;
            case Kind.Kept or Kind.Lost:
                Act(held, held.Lock.Converted(message.Kind == Kind.Kept));
                break;
        }
    }

    void ServeEnqueue(Held held)
    {
        ClientLock asked = held.Lock;
        held.AtServer = new ServerLock(
            _resources[held.Resource], held.Client, asked.RequestedMode, asked.Policy, ++_number)
        {
            Tag = held,
        };
        _serverLocks.Add((held.AtServer, _serverLocks.Count));
        Serve(actions =>
        {
            EnqueueOutcome outcome = held.AtServer.Resource.Queues.Enqueue(held.AtServer, noWait: false, actions);
            _messages.Add(new Message(Kind.Reply, held)
            {
                IsGranted = outcome == EnqueueOutcome.Granted,
                Bits = held.AtServer.Bits,
            });
        });
    }

    static void Remove(ServerLock gone, LockActions actions)
    {
        if (gone.IsDestroyed)
            return;
        gone.Resource.Queues.Remove(gone);
        gone.Resource.Queues.Reprocess(tellAgain: false, actions);
    }

    void ServeConvert(Held held, InodeBits kept)
    {
        if (held.AtServer!.IsDestroyed)
        {
            _messages.Add(new Message(Kind.Lost, held));
            return;
        }
        Serve(actions => held.AtServer.Resource.Queues.Drop(held.AtServer, held.AtServer.Bits & ~kept, actions));
        _messages.Add(new Message(Kind.Kept, held));
    }

    void Serve(Action<LockActions> decide)
    {
        var actions = new LockActions();
        decide(actions);
        for (int i = 0; i < actions.Count; i++)
        {
            (ServerLock subject, LockAction action) = actions[i];
            var held = (Held)subject.Tag!;
            InodeBits wanted = subject.Blocker?.Bits ?? 0;
            if (action == LockAction.Complete)
            {
                _messages.Add(new Message(Kind.Complete, held)
                {
                    IsGranted = true,
                    IsBlocked = subject.IsBlocked,
                    Bits = subject.Bits,
                    Wanted = wanted,
                });
            }
            else
            {
                _messages.Add(new Message(Kind.Block, held) { Bits = wanted });
            }
        }
    }

    void Answer(Message message)
    {
        ClientLock asked = message.Held.Lock;
        if (!message.IsGranted)
        {
            asked.Wait();
            return;
        }
        LdlmPolicyData policy = _type == LockType.Ibits ? LockPolicies.Bits(message.Bits) : LockPolicies.None;
        if (!asked.TryGrant(asked.RequestedMode, policy))
            return;
        if (message.IsBlocked)
            asked.Block(message.Wanted, discard: false);
        ClientModel client = message.Held.Client;
        Assert.Equal(ClientAction.None, asked.Granted());
        Assert.Same(message.Held, client.Asking);
        client.Asking = null;
        client.Using = message.Held;
    }

    void Block(Held held, InodeBits wanted)
    {
        if (held.Lock.State == ClientLockState.Gone)
            Serve(actions => Remove(held.AtServer!, actions));      // EINVAL
        else
            Act(held, held.Lock.Block(wanted, discard: false));
    }

    void Act(Held held, ClientAction action)
    {
        if (action is ClientAction.Cancel or ClientAction.Convert)
            _messages.Add(new Message(Kind.Work, held));
    }

    void Act(Held held, bool leaves)
    {
        if (!leaves)
        {
            _messages.Add(new Message(Kind.Convert, held) { Bits = held.Lock.Bits });
            return;
        }
        Assert.True(held.Lock.TryEnd());
        held.Client.Locks.Remove(held);
        _messages.Add(new Message(Kind.Cancel, held));
    }

    void Check()
    {
        // What the server has granted goes together; what clients use goes together, which is what it is all for.
        foreach ((ServerLock a, int i) in _serverLocks)
        {
            foreach ((ServerLock b, int j) in _serverLocks)
            {
                if (i == j || !ReferenceEquals(a.Resource, b.Resource) || !LockConflicts.Exist(a, b))
                    continue;
                Assert.False(a.Queue == LockQueue.Granted && b.Queue == LockQueue.Granted, "two granted in conflict");
                Assert.False(
                    i < j && a.Queue == LockQueue.Waiting && b.Queue == LockQueue.Granted, "the later one was first");
            }
        }
        Held[] used = [.. _clients.Where(client => client.Using is not null).Select(client => client.Using!)];
        foreach (Held a in used)
        {
            Assert.Equal(ClientLockState.Granted, a.Lock.State);
            foreach (Held b in used)
            {
                bool apart = ReferenceEquals(a, b) || a.Resource != b.Resource
                    || LockModes.AreCompatible(a.Lock.GrantedMode, b.Lock.GrantedMode)
                    || (_type == LockType.Ibits && (a.Lock.Bits & b.Lock.Bits) == 0);
                Assert.True(apart, "two clients use what only one may");
            }
        }
    }

    internal readonly record struct Choice(ClientModel? Client, Message? Message)
    {
        public string Name => Client is { } client ? $"client {client.Index}" : Message!.ToString();
    }

    internal enum Kind
    {
        Enqueue,
        Reply,
        Block,
        Complete,
        Cancel,
        Convert,
        Kept,
        Lost,

        /// <summary>Not a message: a client's own work that waits for its turn.</summary>
        Work,
    }

    internal sealed class Message(Kind kind, Held held)
    {
        public Kind Kind => kind;

        public Held Held => held;

        public bool IsGranted { get; init; }

        public bool IsBlocked { get; init; }

        public InodeBits Bits { get; init; }

        public InodeBits Wanted { get; init; }

        public override string ToString() =>
            $"{Kind} {held.Id} {(IsGranted ? "g" : "")}{(IsBlocked ? "b" : "")}{(ulong)Bits:x}.{(ulong)Wanted:x}";
    }

    internal sealed class Held(string id, ClientModel client, int resource, ClientLock held)
    {
        public string Id => id;

        public ClientModel Client => client;

        public int Resource => resource;

        public ClientLock Lock => held;

        public ServerLock? AtServer { get; set; }
    }

    internal sealed class ClientModel(int index, ClientNamespace ns, Operation[] script)
    {
        public int Index => index;

        public ClientNamespace Namespace => ns;

        public Operation[] Script => script;

        /// <summary>The operation to do, or being done.</summary>
        public int Next { get; set; }

        public Held? Asking { get; set; }

        public Held? Using { get; set; }

        public List<Held> Locks { get; } = [];
    }
}
