using System.Text;

namespace Lustrous.Llite.Tests;

/// <summary>A kernel that notes what is taken back from it, and takes as long as the test wants.</summary>
sealed class RecordingKernel : IKernelCache
{
    public List<string> Calls { get; } = [];

    /// <summary>While set, invalidations end only with it.</summary>
    public TaskCompletionSource? Busy { get; set; }

    public ValueTask InvalidateEntryAsync(LliteInode parent, ReadOnlySpan<byte> name)
    {
        Calls.Add($"entry {Encoding.UTF8.GetString(name)}");
        return Answer();
    }

    public ValueTask InvalidateInodeAsync(LliteInode inode, bool data, long offset, long length)
    {
        Calls.Add($"{(data ? "data" : "attributes")} {inode.Fid}");
        return Answer();
    }

    public void ChangesItself(LliteInode directory) => Calls.Add($"changes {directory.Fid}");

    ValueTask Answer() => Busy is { } busy ? new(busy.Task) : default;
}
