using Lustrous.Libcfs;

namespace Lustrous.Clients.Lov;

/// <summary>Calls that run side by side, one for each stripe or OST; each is awaited once, in order.</summary>
readonly struct Calls<T>(int capacity)
{
    readonly List<ValueTask<T>> _calls = new(capacity);

    public int Count => _calls.Count;

    public void Add(ValueTask<T> call) => _calls.Add(call);

    public ValueTask<T> this[int index] => _calls[index];
}

/// <summary>What all that run side by side came to.</summary>
static class CallsExtensions
{
    /// <summary>Waits for all; the first error in their order.</summary>
    public static async ValueTask<Errno> FirstErrorAsync(this Calls<Errno> calls)
    {
        Errno first = Errno.OK;
        for (int i = 0; i < calls.Count; i++)
        {
            Errno status = await calls[i];
            if (first == Errno.OK)
                first = status;
        }
        return first;
    }
}
