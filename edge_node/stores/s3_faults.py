"""What boto3 raises, as a reason code and a text that says what to do."""

from botocore import exceptions as boto
from botocore.exceptions import ClientError

from edge_node.errors import GalleryError

_ADVICE = {
    "denied": "the credentials may not list or read it: allow s3:ListBucket and s3:GetObject",
    "expired": "the credentials have expired: renew them",
    "clock_skew": "the clock of this machine is wrong: see timedatectl",
    "no_bucket": "there is no such bucket: correct gallery.source.bucket",
    "no_object": "the object has gone",
    "changed": "the object has changed meanwhile",
    "wrong_region": "the bucket is in another region: correct gallery.source.region",
    "no_credentials": "no credentials found: see docs/config.md for where boto3 looks",
    "unreachable": "no answer: check the network and gallery.source.endpoint_url",
    "truncated": "the connection broke off",
    "tls": "no TLS connection: check the certificate and the clock",
    "bad_setting": "boto3 does not accept the settings: correct gallery.source",
    "busy": "the service is overloaded or broken; it is asked again",
    "failed": "the service refused or answered nonsense",
}

SOURCE_WIDE = {
    "expired",
    "clock_skew",
    "no_bucket",
    "no_credentials",
    "unreachable",
    "tls",
    "bad_setting",
    "busy",
}
"""Reasons that say nothing of the one object that was asked for."""

_CODES = {
    "AccessDenied": "denied",
    "AccountProblem": "denied",
    "AllAccessDisabled": "denied",
    "InvalidAccessKeyId": "denied",
    "SignatureDoesNotMatch": "denied",
    "InvalidObjectState": "denied",
    "403": "denied",
    "ExpiredToken": "expired",
    "ExpiredTokenException": "expired",
    "InvalidToken": "expired",
    "TokenRefreshRequired": "expired",
    "RequestExpired": "clock_skew",
    "RequestTimeTooSkewed": "clock_skew",
    "NoSuchBucket": "no_bucket",
    "NoSuchKey": "no_object",
    "404": "no_object",
    "PreconditionFailed": "changed",
    "412": "changed",
    "AuthorizationHeaderMalformed": "wrong_region",
    "IllegalLocationConstraintException": "wrong_region",
    "PermanentRedirect": "wrong_region",
    "301": "wrong_region",
}

_CLASSES: tuple[tuple[type[Exception], str], ...] = (
    (boto.NoCredentialsError, "no_credentials"),
    (boto.PartialCredentialsError, "no_credentials"),
    (boto.CredentialRetrievalError, "no_credentials"),
    (boto.ProfileNotFound, "no_credentials"),
    (boto.TokenRetrievalError, "no_credentials"),
    (boto.SSOError, "no_credentials"),
    (boto.SSLError, "tls"),
    (boto.ReadTimeoutError, "unreachable"),
    (boto.ResponseStreamingError, "truncated"),
    (boto.IncompleteReadError, "truncated"),
    (boto.ConnectionError, "unreachable"),
    (boto.HTTPClientError, "unreachable"),
    (boto.ParamValidationError, "bad_setting"),
    (boto.NoRegionError, "bad_setting"),
    (boto.InvalidRegionError, "bad_setting"),
)


def gallery_error(error: Exception, source: str) -> GalleryError:
    reason = _reason(error)
    return GalleryError(reason, f"{source}: {_ADVICE[reason]} ({' '.join(str(error).split()):.300})")


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        return _CODES.get(code) or _CODES.get(str(status)) or ("busy" if status >= 500 else "failed")
    return next((reason for kind, reason in _CLASSES if isinstance(error, kind)), "failed")
