namespace Lustrous.LNet;

/// <summary>
/// Who takes messages and receives back when a driver is done with them: the node, or a test of a driver on its own.
/// </summary>
interface ILNetCompletions
{
    void OnSendComplete(LNetMessage message, Errno status);

    void OnReceiveComplete(LNetReceive receive, Errno status);
}
