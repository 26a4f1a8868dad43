namespace Lustrous.Interop.Tests.Replay;

/// <summary>
/// A mount that was made between two recordings: whose it was, and the handles that the servers gave it. The replay
/// makes it with the connect requests of the recorded mount.
/// </summary>
/// <param name="Before">The recording that it is first seen in.</param>
/// <param name="Client">Its address.</param>
/// <param name="Targets">What it was connected to, with the recorded handles.</param>
sealed record Mount(string Before, string Client, (string Target, ulong Handle)[] Targets)
{
    /// <summary>In the place of a handle: it had been idle, and is not connected.</summary>
    const ulong Idle = 0;

    /// <summary>Handles rise by 7 in the order of the connects, which is that of the log: MDT0001, OST0000, OST0001.
    /// </summary>
    public static IReadOnlyList<Mount> All { get; } =
    [
        // Idle connections to OSTs are given up after 20 seconds and made anew.
        new("b-basic", "10.99.0.21@tcp",
            [("lustre-OST0000_UUID", 0xd70db90e0ff7d804), ("lustre-OST0001_UUID", 0xd70db90e0ff7d80b)]),
        new("d-locks", "10.99.0.21@tcp",
        [
            ("MGS", 0x2fd384f4b7cf15a6), ("lustre-MDT0000_UUID", 0x2fd384f4b7cf15c9),
            ("lustre-MDT0001_UUID", 0xd70db90e0ff7dfa5), ("lustre-OST0000_UUID", 0xd70db90e0ff7dfac),
            ("lustre-OST0001_UUID", 0xd70db90e0ff7dfb3),
        ]),
        new("d-locks", "10.99.0.22@tcp",
        [
            ("MGS", 0x2fd384f4b7cf15de), ("lustre-MDT0000_UUID", 0x2fd384f4b7cf1601),
            ("lustre-MDT0001_UUID", 0xd70db90e0ff7dfba), ("lustre-OST0000_UUID", 0xd70db90e0ff7dfc1),
            ("lustre-OST0001_UUID", 0xd70db90e0ff7dfc8),
        ]),
        // The mounts of d-locks once more: what was refused in between for lack of a second MDT left locks behind that
        // the recorded clients know nothing of.
        new("i-recovery", "10.99.0.21@tcp",
        [
            ("MGS", 0x2fd384f4b7cf15a6), ("lustre-MDT0000_UUID", 0x2fd384f4b7cf15c9),
            ("lustre-MDT0001_UUID", 0xd70db90e0ff7dfa5), ("lustre-OST0000_UUID", Idle),
            ("lustre-OST0001_UUID", Idle),
        ]),
        new("i-recovery", "10.99.0.22@tcp",
        [
            ("MGS", 0x2fd384f4b7cf15de), ("lustre-MDT0000_UUID", 0x2fd384f4b7cf1601),
            ("lustre-MDT0001_UUID", 0xd70db90e0ff7dfba), ("lustre-OST0000_UUID", Idle),
            ("lustre-OST0001_UUID", Idle),
        ]),
    ];
}
