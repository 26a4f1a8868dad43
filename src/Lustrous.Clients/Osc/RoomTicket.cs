namespace Lustrous.Clients.Osc;

/// <summary>A writer's place in the queue for room among the dirty pages; guarded by the device's queue lock.</summary>
sealed class RoomTicket
{
    public TaskCompletionSource Woken = new();
}
