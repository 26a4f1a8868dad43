using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>Positive <c>pb_status</c> of a lock reply: what became of the lock when it is not simply granted.</summary>
/// <remarks>Source: lustre/include/lustre_dlm.h.</remarks>
[WireName("ELDLM_")]
public enum LdlmStatus
{
    OK = 0,
    LOCK_MATCHED = 1,
    /// <summary>Granted, but on another resource, mode or extent than asked.</summary>
    LOCK_CHANGED = 300,
    /// <summary>The intent is answered; no lock comes with it.</summary>
    LOCK_ABORTED = 301,
    LOCK_REPLACED = 302,
    /// <summary>The client knows nothing newer than the server (glimpse).</summary>
    NO_LOCK_DATA = 303,
    LOCK_WOULDBLOCK = 304,
    NAMESPACE_EXISTS = 400,
    BAD_NAMESPACE = 401,
}
