from hitl_tui import HumanInteractionRequest
from hitl_tui import CLIInteractionHandler
from hitl_tui import HumanInteractionResponse
from typing import Optional, Any

class CustomInteractionHandler(CLIInteractionHandler):
    """Custom interaction handler with enhanced features."""
    
    def __init__(self, storage_service, notification_service=None):
        super().__init__(storage_service)
        self.notification_service = notification_service
    
    def display_interaction_request(self, request: HumanInteractionRequest) -> None:
        # Call parent display method
        super().display_interaction_request(request)
        
        # Send notification if service available
        if self.notification_service:
            self.notification_service.send_notification(
                title=f"Human Input Required: {request.node_name}",
                message=request.prompt,
                thread_id=request.thread_id,
                urgency="normal" if not request.timeout_seconds else "high"
            )
    
    def resume_execution(self, thread_id: str, response_action: str, 
                        response_data: Optional[Any] = None) -> HumanInteractionResponse:
        # Validate response based on interaction type
        self._validate_response(thread_id, response_action, response_data)
        
        # Call parent resume method
        response = super().resume_execution(thread_id, response_action, response_data)
        
        # Log response for audit trail
        self._log_response(response)
        
        return response
    
    def _validate_response(self, thread_id: str, action: str, data: Any) -> None:
        """Validate response data based on interaction type."""
        # Load interaction request to check type
        thread_data = self.storage_service.read(collection="threads", document_id=thread_id)
        if not thread_data:
            raise ValueError(f"Thread '{thread_id}' not found")
        
        request_id = thread_data.get("pending_interaction_id")
        request_data = self.storage_service.read(
            collection=self.collection_name, 
            document_id=str(request_id)
        )
        
        interaction_type = request_data.get("interaction_type")
        
        # Validate based on type
        if interaction_type == "choice" and action == "choose":
            if not data or "choice" not in data:
                raise ValueError("Choice interaction requires 'choice' in response data")
        elif interaction_type == "edit" and action == "edit":
            if not data or "edited" not in data:
                raise ValueError("Edit interaction requires 'edited' content in response data")
        elif interaction_type == "text_input" and action == "respond":
            if not data or ("text" not in data and "response" not in data):
                raise ValueError("Text input interaction requires 'text' or 'response' in data")
    
    def _log_response(self, response: HumanInteractionResponse) -> None:
        """Log response for audit trail."""
        audit_entry = {
            "request_id": str(response.request_id),
            "action": response.action,
            "timestamp": response.timestamp.isoformat(),
            "data_keys": list(response.data.keys()) if response.data else []
        }
        
        self.storage_service.write(
            collection="interaction_audit",
            data=audit_entry,
            document_id=f"response_{response.request_id}",
            mode="write"
        )
